"""Advantages: the docstring's numbers, and what must change nothing."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minir1.rl.advantage import STD_EPS, group_advantages

KINDS = ["grpo", "dr_grpo", "rloo"]
REWARDS = st.integers(2, 6).flatmap(
    lambda size: st.lists(
        st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), min_size=size, max_size=size),
        min_size=1,
        max_size=5,
    )
)


def close(a, b, atol=1e-6) -> None:
    torch.testing.assert_close(a, torch.as_tensor(b), rtol=0, atol=atol)


def test_the_docstring_s_numbers():
    rewards = torch.tensor([[1.0, 0.0, 0.0, 0.0]])
    close(group_advantages(rewards, "grpo"), [[1.5, -0.5, -0.5, -0.5]], atol=4e-4)  # the epsilon
    close(group_advantages(rewards, "dr_grpo"), [[0.75, -0.25, -0.25, -0.25]])
    close(group_advantages(rewards, "rloo"), [[1.0, -1 / 3, -1 / 3, -1 / 3]])


def test_grpo_s_epsilon_stands_outside_the_root():
    rewards = torch.tensor([[1e-3, 0.0]])  # std 7.07e-4: here the epsilon is seen
    std = 1e-3 / 2**0.5
    close(group_advantages(rewards, "grpo"), [[5e-4 / (std + STD_EPS), -5e-4 / (std + STD_EPS)]])


@given(REWARDS, st.sampled_from(KINDS))
def test_against_sums_in_plain_python(rewards, kind):
    expected = []
    for group in rewards:
        n, mean = len(group), sum(group) / len(group)
        std = (sum((r - mean) ** 2 for r in group) / (n - 1)) ** 0.5
        for i, r in enumerate(group):
            others = group[:i] + group[i + 1 :]
            by_kind = {
                "grpo": (r - mean) / (std + STD_EPS),
                "dr_grpo": r - mean,
                "rloo": r - sum(others) / (n - 1),
            }
            expected.append(by_kind[kind])
    close(group_advantages(torch.tensor(rewards), kind).flatten(), expected, atol=1e-5)


@given(REWARDS, st.sampled_from(KINDS))
def test_each_group_s_advantages_sum_to_zero(rewards, kind):
    sums = group_advantages(torch.tensor(rewards), kind).sum(-1)
    close(sums, torch.zeros(len(rewards)), atol=1e-5)


@given(REWARDS, st.sampled_from(KINDS), st.sampled_from([-3.0, 0.25, 8.0]))
def test_a_shift_of_all_rewards_changes_nothing(rewards, kind, shift):
    rewards = torch.tensor(rewards)
    close(group_advantages(rewards + shift, kind), group_advantages(rewards, kind), atol=2e-5)


@given(REWARDS, st.sampled_from([2.0, 16.0]))
def test_the_scale_changes_the_unnormalised_kinds_only(rewards, scale):
    rewards = torch.tensor(rewards)
    for kind in ("dr_grpo", "rloo"):
        close(
            group_advantages(rewards * scale, kind), group_advantages(rewards, kind) * scale, 1e-4
        )
    # Up to the epsilon, which is 1e-4 of a std that is here .2 or more.
    close(group_advantages(rewards * scale, "grpo"), group_advantages(rewards, "grpo"), atol=2e-3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reward", [0.0, 1.0, 0.1, 1 / 3, 1e6 + 0.1])
def test_a_dead_group_is_zero_exactly(kind, reward):
    rewards = torch.tensor([[reward] * 7, [0.0, 1.0] * 3 + [1.0]])
    advantages = group_advantages(rewards, kind)
    assert torch.equal(advantages[0], torch.zeros(7))
    assert (advantages[1] != 0).all()


@given(REWARDS)
def test_rloo_is_dr_grpo_by_a_constant(rewards):
    rewards = torch.tensor(rewards)
    size = rewards.shape[1]
    close(
        group_advantages(rewards, "rloo"),
        group_advantages(rewards, "dr_grpo") * size / (size - 1),
        atol=1e-5,
    )


@given(REWARDS, st.sampled_from(KINDS), st.randoms(use_true_random=False))
def test_permuting_rollouts_or_groups_permutes_the_advantages(rewards, kind, rng):
    rewards = torch.tensor(rewards)
    n_groups, size = rewards.shape
    groups, inside = list(range(n_groups)), list(range(size))
    rng.shuffle(groups)
    rng.shuffle(inside)
    permuted = group_advantages(rewards[groups][:, inside], kind)
    close(permuted, group_advantages(rewards, kind)[groups][:, inside], atol=1e-5)


@given(REWARDS, st.sampled_from(KINDS))
def test_a_group_doesn_t_know_of_the_others(rewards, kind):
    rewards = torch.tensor(rewards)
    alone = torch.cat([group_advantages(group[None], kind) for group in rewards])
    close(alone, group_advantages(rewards, kind), atol=0)
