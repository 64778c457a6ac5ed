"""What the lesson on rollouts shows: draws, who is still writing, and how faults look."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from minir1.lab.browser import Browser
from minir1.lab.drawing import (
    alive_chart,
    draw_chart,
    entropy_share,
    frequency_chart,
    next_logits,
)
from minir1.lab.mismatch import (
    fault_chart,
    faults,
    fingerprint_chart,
    gap,
    log_ratios_after,
    ratio_chart,
    replay_numbers,
    rounded,
    where_it_is,
)
from minir1.rl.logprobs import token_logprobs
from minir1.rl.sampling import draw
from minir1.rl.types import Group, Rollout
from minir1.tasks.base import Problem, Verdict
from minir1.tasks.reward import Reward


def test_the_token_that_u_meets_is_named(small, tokenizer):
    logits = torch.full((1, 128), -30.0)
    logits[0, [24, 25]] = 0.0  # two numbers, half each
    words = tokenizer.words
    for u, token in ((0.2, 24), (0.7, 25)):
        picture = draw_chart(logits, tokenizer, u, 1.0)
        assert f'meets "{words[token]}"' in picture.words
        assert int(draw(logits, torch.tensor([u]), 1.0)[0]) == token
    widths = [patch.get_width() for patch in picture.figure.axes[0].patches]
    assert widths == pytest.approx([0.5, 0.5], abs=1e-5)
    assert next_logits(small, [1, 2]).shape == (1, 128)


def test_draws_are_fair_within_a_few_standard_errors(small, tokenizer):
    words = frequency_chart(next_logits(small, [1, 3, 5]), tokenizer, draws=2000).words
    assert float(words.split()[4]) < 4.5


def test_rows_are_computed_until_a_quarter_has_left():
    lengths = [1, 2, 3, 10]
    rollouts = [Rollout([1], [5] * n, [0.0] * n, "eos") for n in lengths]
    picture = alive_chart(rollouts)
    still, rows, _ = (line.get_ydata() for line in picture.figure.axes[0].get_lines())
    assert list(still) == [4, 3, 2, 1, 1, 1, 1, 1, 1, 1]
    assert all(a <= b for a, b in zip(still, rows, strict=True))
    assert f"nobody left: {4 * 10 / 16:.2f}" in picture.words


def test_a_flat_entropy_is_shared_evenly(small, sampled):
    assert "20% of the tokens hold" in entropy_share(small, sampled).words


def test_sampler_and_trainer_agree_until_something_is_wrong(small, rollouts, sampled):
    newer = copy.deepcopy(small)
    with torch.no_grad():
        for parameter in newer.parameters():
            parameter.mul_(1.01)
    pairs = faults(small, newer, rollouts, rollouts, 1.25)
    found = {name: gap(*pair) for name, pair in pairs.items()}
    assert found["nothing wrong"] == gap(small, sampled) < 1e-5
    assert found["sampled at 1.25, judged at 1"] < 1e-5  # these were sampled at 1
    wrong = [value for name, value in found.items() if "sampled at" not in name][1:]
    assert min(wrong) > 10 * found["nothing wrong"]
    assert fault_chart(pairs).png()
    assert gap(small, sampled, temperature=1.25) > 1e-3


def test_a_fault_is_found_at_its_tokens(small, rollouts, sampled):
    """A prompt that ends too early is worst at the first token; the means are those of a loop."""
    pairs = faults(small, small, rollouts, rollouts, 1.25)
    found = where_it_is(*pairs["the trainer's prompt lacks its last tag"])
    assert found["first token"] > 2 * found["later tokens"]
    shifted = small, replace(sampled, old_logprobs=sampled.old_logprobs.roll(1, dims=1))
    with torch.no_grad():
        logprobs, _ = token_logprobs(*shifted)
    firsts = [int(row.nonzero()[0, 0]) for row in sampled.loss_mask]
    by_hand = [
        abs(float(logprobs[b, t] - shifted[1].old_logprobs[b, t])) for b, t in enumerate(firsts)
    ]
    assert where_it_is(*shifted)["first token"] == pytest.approx(np.mean(by_hand), rel=1e-4)
    assert "lacks its last tag: most at first token" in fingerprint_chart(pairs).words


def test_rounding_changes_a_copy_only(small):
    before = small.embed_tokens.weight.clone()
    other = rounded(small)
    assert torch.equal(small.embed_tokens.weight, before)
    assert (other.embed_tokens.weight == before.bfloat16().float()).all()


def test_on_policy_every_ratio_is_1_with_and_without_replay(small, sampled):
    for replay in (False, True):
        assert log_ratios_after(small, sampled, replay).abs().max() < 1e-4
    assert "of each token 1.00 to 1.00, 0% outside" in ratio_chart(small, sampled).words
    assert all(most < 1e-4 for _, most in replay_numbers(small, sampled).values())


@pytest.fixture
def browser(small, rollouts, tokenizer):
    problem = Problem("countdown", "make 15 from 10 5 1", {"numbers": [10, 5, 1], "target": 15},
                      key="k", solution="")  # fmt: skip
    verdicts = [Verdict.CORRECT, *[Verdict.WRONG] * 5]
    rewards = [Reward(total=float(v is Verdict.CORRECT), parts={}) for v in verdicts]
    group = Group(problem, rollouts, verdicts, rewards)
    return Browser(group, [2.0, -0.4, -0.4, -0.4, -0.4, -0.4], tokenizer, small)


def test_the_browser_says_what_is_known_of_a_rollout(browser, rollouts):
    head = browser.headline(0)
    assert "CORRECT" in head and "advantage +2.00" in head
    assert f"{len(rollouts[0].completion_ids)} tokens" in head
    for colour in ("surprise", "entropy", "advantage"):
        values = browser.values[0][colour]
        assert len(values) == len(browser.words[0])
    assert browser.values[0]["surprise"] == [-one for one in rollouts[0].logprobs]
    assert np.isfinite(browser.values[0]["entropy"]).all()
    assert browser.one(1, "entropy").words.startswith("Rollout 1: CORRECT")
    assert "Rollout 3" in browser.all("advantage", most=3).words
    assert "Rollout 4" not in browser.all("surprise", most=3).words
