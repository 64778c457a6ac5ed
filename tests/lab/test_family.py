"""GRPO's family and its KL terms against closed forms."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minir1.lab import family, kl
from minir1.lab.family import METHODS, agreement, family_map, gradient, moments
from minir1.rl.advantage import group_advantages
from minir1.rl.types import Group
from minir1.tasks.base import Problem, Verdict
from minir1.tasks.reward import Reward


@given(st.integers(2, 12), st.floats(0.02, 0.98))
def test_what_an_estimator_expects_on_the_smallest_policy(size, p):
    true = p * (1 - p)
    rloo, _ = moments(size, p, lambda rewards: group_advantages(rewards, "rloo"))
    centred, _ = moments(size, p, lambda rewards: group_advantages(rewards, "dr_grpo"))
    plain, spread = moments(size, p, lambda rewards: rewards)
    assert rloo == pytest.approx(true, abs=1e-5)
    assert centred == pytest.approx(true * (size - 1) / size, abs=1e-5)
    assert plain == pytest.approx(true, abs=1e-5)
    assert spread == pytest.approx((1 - p) * (true / size) ** 0.5, abs=1e-5)


def test_the_charts_say_their_numbers():
    assert "RLOO 0.250" in family.estimators(8).words
    assert "rloo from -0.333 to 1" in family.advantage_chart(1, 4).words
    line = family.dead_chart((8,)).figure.axes[0].get_lines()[0]
    x, y = line.get_xdata(), line.get_ydata()
    assert y[20] == pytest.approx(x[20] ** 8 + (1 - x[20]) ** 8)
    assert family.weight_chart([5, 10, 40], 40).png()
    added = family.ceiling_chart([0.01, 0.9], [0.2]).figure.axes[0].get_lines()[0].get_ydata()
    assert list(added) == pytest.approx([0.002, 0.1])


@pytest.fixture(scope="module")
def groups(rollouts):
    problem = Problem("countdown", "q", {"numbers": [10, 5, 1], "target": 15}, key="k", solution="")
    made = []
    for part in (slice(0, 3), slice(3, 6)):
        verdicts = [Verdict.CORRECT, Verdict.WRONG, Verdict.WRONG]
        rewards = [Reward(total=float(v is Verdict.CORRECT), parts={}) for v in verdicts]
        made.append(Group(problem, rollouts[part], verdicts, rewards))
    return made


def test_before_an_update_gspo_is_grpo_and_the_constants_of_rloo_do_not_turn(small, groups):
    found = {method: gradient(small, groups, method, longest=12) for method in METHODS}
    cosine = torch.nn.functional.cosine_similarity
    assert cosine(found["GRPO"], found["GSPO"], dim=0) > 0.99999
    assert float(found["GSPO"].norm() / found["GRPO"].norm()) == pytest.approx(1, abs=1e-4)
    lengths = {len(rollout.completion_ids) for group in groups for rollout in group.rollouts}
    if len(lengths) == 1:  # then the divisors are constants too
        assert cosine(found["RLOO"], found["Dr. GRPO"], dim=0) > 0.9999
    picture = family_map({"now": small}, groups, 12)
    shown = picture.figure.axes[0].get_images()[0].get_array()
    names = list(METHODS)
    one, two = names.index("GRPO"), names.index("DAPO")
    assert shown[one, two] == pytest.approx(
        float(cosine(found["GRPO"], found["DAPO"], dim=0)), abs=1e-3
    )


def test_two_halves_of_the_same_groups_agree(small, groups):
    same = agreement(small, [groups[0]] * 4, longest=12)
    assert list(same.values()) == pytest.approx([1.0, 1.0], abs=1e-5)


PI = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
REF = torch.tensor([0.4, 0.2, 0.4], dtype=torch.float64)


def test_what_each_kl_term_does_on_average():
    found = kl.expected_gradients(PI.log(), REF.log())
    value = (PI * (PI / REF).log()).sum()
    forward = PI * ((PI / REF).log() - value)  # of KL(pi || ref), by hand
    backward = PI - REF  # of KL(ref || pi)
    want = {
        "true: KL(pi || ref)": forward, "true: KL(ref || pi)": backward,
        "k1 as a loss": torch.zeros(3), "k2 as a loss": forward, "k3 as a loss": backward,
        "ratio * k3": forward,
    }  # fmt: skip
    for name, gradient_by_hand in want.items():
        assert found[name].tolist() == pytest.approx(gradient_by_hand.tolist(), abs=1e-9), name


def test_k1_and_k3_estimate_without_bias():
    rows = {name: mean for name, mean, _ in kl.value_table(PI.log(), REF.log())}
    assert rows["k1"] == rows["k3"] == rows["KL(pi || ref), exact"] != rows["k2"]
    assert kl.value_chart().png() and kl.gradient_chart(PI.log(), REF.log()).png()
