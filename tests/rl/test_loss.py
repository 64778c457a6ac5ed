"""The policy loss against a dumb loop in float64, and the worked examples of the papers."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from minir1.rl.advantage import group_advantages
from minir1.rl.batch import token_weights
from minir1.rl.loss import k3, log_ratios, policy_loss
from minir1.rl.types import Batch

LEVELS = ["token", "sequence"]


def make_batch(
    old: list[list[float]],
    advantages: list[float],
    width: int | None = None,
    norm: str = "token",
    prompt: int = 1,
) -> Batch:
    """A float64 batch whose row i has len(old[i]) completion tokens after `prompt - 1` others."""
    lengths = [len(row) for row in old]
    width = width or prompt - 1 + max(lengths)
    shape = (len(old), width)
    mask = torch.zeros(shape, dtype=torch.bool)
    old_logprobs = torch.zeros(shape, dtype=torch.float64)
    for i, row in enumerate(old):
        mask[i, prompt - 1 : prompt - 1 + len(row)] = True
        old_logprobs[i, mask[i]] = torch.tensor(row, dtype=torch.float64)
    weights = token_weights(lengths, norm, 10).double()
    return Batch(
        inputs=torch.zeros(shape, dtype=torch.long),
        targets=torch.zeros(shape, dtype=torch.long),
        loss_mask=mask,
        token_mask=torch.ones_like(mask),
        old_logprobs=old_logprobs,
        advantages=torch.tensor(advantages, dtype=torch.float64)[:, None] * mask,
        weights=weights[:, None] * mask,
    )


def loss_and_gradient(logprobs: Tensor, batch: Batch, **options) -> tuple[float, Tensor]:
    logprobs = logprobs.clone().requires_grad_()
    loss = policy_loss(logprobs, batch, **options).total
    loss.backward()
    assert logprobs.grad is not None
    return loss.item(), logprobs.grad


def one_token(ratio: float, advantage: float, **options) -> tuple[float, float]:
    """Loss, and its gradient by log pi, of one token with this ratio and weight 1."""
    batch = make_batch([[-1.0]], [advantage])
    logprobs = torch.tensor([[-1.0 + math.log(ratio)]], dtype=torch.float64)
    loss, gradient = loss_and_gradient(logprobs, batch, **options)
    return loss, gradient.item()


@pytest.mark.parametrize(
    ("advantage", "ratio", "loss", "gradient"),
    [
        (1.0, 1.5, -1.28, 0.0),  # good, and likely enough by now: nothing more to win
        (-1.0, 1.5, 1.5, 1.5),  # bad, and grown likely: pushed down with full force
        (-1.0, 0.5, 0.8, 0.0),  # bad, and rare enough by now
        (1.0, 0.5, -0.5, -0.5),  # good, and grown rare: pulled up with full force
        (2.0, 1.1, -2.2, -2.2),  # inside the clip, the advantage is a factor
        (-2.0, 1.1, 2.2, 2.2),
        (0.0, 1.5, 0.0, 0.0),
    ],
)
@pytest.mark.parametrize("level", LEVELS)
def test_the_worked_examples_of_the_clip(advantage, ratio, loss, gradient, level):
    options = {"clip_low": 0.2, "clip_high": 0.28, "ratio_level": level}
    assert one_token(ratio, advantage, **options) == pytest.approx((loss, gradient), abs=1e-12)


def test_the_two_clips_are_two():
    """A ratio between 1.1 and 1.4 tells the upper clip from the lower one, and so on below."""
    assert one_token(1.25, 1.0, clip_low=0.1, clip_high=0.4)[1] == pytest.approx(-1.25)
    assert one_token(1.25, 1.0, clip_low=0.4, clip_high=0.1) == pytest.approx((-1.1, 0.0))
    assert one_token(0.75, -1.0, clip_low=0.1, clip_high=0.4) == pytest.approx((0.9, 0.0))
    assert one_token(0.75, -1.0, clip_low=0.4, clip_high=0.1)[1] == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("advantage", "ratio", "low", "high"),
    [(1, 1.5, 0, 1), (-1, 1.5, 0, 0), (-1, 0.5, 1, 0), (1, 0.5, 0, 0), (1, 1.0, 0, 0)],
)
def test_the_clipped_tokens_are_counted(advantage, ratio, low, high):
    batch = make_batch([[-1.0, -1.0], [-1.0]], [float(advantage), 0.0], prompt=2)
    loss = policy_loss(batch.old_logprobs + math.log(ratio), batch)
    assert (loss.low_clipped.item(), loss.high_clipped.item()) == (2 * low, 2 * high)


ROWS = st.lists(
    st.tuples(
        st.lists(
            st.tuples(st.floats(-4, -0.1), st.floats(-0.7, 0.7), st.floats(-1, 1)),
            min_size=1,
            max_size=6,
        ),
        st.sampled_from([-1.5, -0.5, 0.0, 0.5, 2.0]),
    ),
    min_size=1,
    max_size=4,
)


@given(
    ROWS,
    st.sampled_from(LEVELS),
    st.sampled_from(["token", "sequence", "fixed"]),
    st.sampled_from([0.0, 0.5]),
    st.sampled_from([(0.2, 0.28), (0.1, 0.4), (0.3, 0.05)]),
)
def test_against_a_loop_over_tokens(rows, level, norm, kl_coef, clips):
    """Loss and gradient, with the derivative written out by hand, token by token."""
    low, high = 1 - clips[0], 1 + clips[1]
    old = [[token[0] for token in tokens] for tokens, _ in rows]
    batch = make_batch(old, [advantage for _, advantage in rows], norm=norm, prompt=3)
    logprobs, ref = batch.old_logprobs.clone(), batch.old_logprobs.clone()
    n_tokens = sum(len(tokens) for tokens, _ in rows)
    loss, gradient = 0.0, torch.zeros_like(logprobs)
    for i, (tokens, advantage) in enumerate(rows):
        mean = sum(delta for _, delta, _ in tokens) / len(tokens)
        weight = {"token": 1 / n_tokens, "sequence": 1 / (len(rows) * len(tokens))}.get(
            norm, 1 / (len(rows) * 10)
        )
        for t, (_, delta, ref_delta) in enumerate(tokens):
            logprobs[i, 2 + t] += delta
            ref[i, 2 + t] += ref_delta
            ratio = math.exp(mean if level == "sequence" else delta)
            inside = min(max(ratio, low), high)
            loss -= weight * min(ratio * advantage, inside * advantage)
            if not (advantage > 0 and ratio > high) and not (advantage < 0 and ratio < low):
                slope = -weight * ratio * advantage
                if level == "token":
                    gradient[i, 2 + t] += slope
                else:  # each token moves the sequence's ratio by its share of the mean
                    gradient[i, 2 : 2 + len(tokens)] += slope / len(tokens)
            log_r = ref_delta - delta
            loss += kl_coef * weight * (math.exp(log_r) - 1 - log_r)
            gradient[i, 2 + t] += kl_coef * weight * (1 - math.exp(log_r))
    options = {"clip_low": clips[0], "clip_high": clips[1], "ratio_level": level}
    options |= {"kl_coef": kl_coef, "ref_logprobs": ref if kl_coef else None}
    seen_loss, seen_gradient = loss_and_gradient(logprobs, batch, **options)
    assert seen_loss == pytest.approx(loss, abs=1e-6)  # the weights are made in float32
    torch.testing.assert_close(seen_gradient, gradient, rtol=0, atol=1e-6)


def test_gspo_has_one_ratio_a_sequence():
    batch = make_batch([[-1.0, -2.0, -1.5], [-1.0]], [1.0, 1.0])
    moved = batch.old_logprobs + torch.tensor([[0.3, -0.6, 0.0], [0.2, 9.0, 9.0]]).double()
    ratios = log_ratios(moved, batch, "sequence")
    expected = torch.tensor([[-0.1, -0.1, -0.1], [0.2, 0.0, 0.0]]).double()
    torch.testing.assert_close(ratios, expected, rtol=0, atol=1e-7)


def test_k3_by_hand():
    """pi = .5 and pi_ref = .4 at the drawn token: .0231; k1 would be .2231 and k2 .0249."""
    batch = make_batch([[0.0]], [0.0])
    pi, ref = (torch.tensor([[math.log(p)]], dtype=torch.float64) for p in (0.5, 0.4))
    assert k3(pi, ref, batch).item() == pytest.approx(0.0231, abs=5e-5)
    # Its mean under pi is KL(pi || ref), here over two tokens: .0204.
    others = (torch.tensor([[math.log(p)]], dtype=torch.float64) for p in (0.5, 0.6))
    assert 0.5 * (k3(pi, ref, batch) + k3(*others, batch)).item() == pytest.approx(0.0204, abs=5e-5)


@given(st.lists(st.tuples(st.floats(-30, 0), st.floats(-30, 0)), min_size=1, max_size=5))
def test_k3_is_never_negative_and_zero_only_at_home(pairs):
    batch = make_batch([[0.0] * len(pairs)], [0.0])
    pi, ref = torch.tensor(pairs, dtype=torch.float64).T[:, None]
    values = k3(pi, ref, batch)
    assert (values >= 0).all()
    assert torch.equal(k3(pi, pi, batch), torch.zeros_like(pi))
    assert (values[(pi - ref).abs() > 0.01] > 0).all()


def test_k3_keeps_its_digits_near_zero_in_float32():
    """exp(x) - 1 - x loses them: at x = 1e-4 it is 0 or 1.2e-7, where 5e-9 is right."""
    x = torch.logspace(-6, -1, 200, dtype=torch.float64)
    x = torch.cat([x, -x])[None]
    batch = make_batch([[0.0] * x.shape[1]], [0.0])
    seen = k3(torch.zeros(x.shape), x.float(), batch).double()
    assert (seen >= 0).all()
    exact = x.float().double()
    torch.testing.assert_close(seen, torch.expm1(exact) - exact, rtol=2e-3, atol=1e-11)


def test_a_kl_term_pulls_the_policy_towards_the_reference():
    batch = make_batch([[-1.0]], [0.0])
    for shift in (0.5, -0.5):
        logprobs = batch.old_logprobs
        _, gradient = loss_and_gradient(logprobs, batch, kl_coef=0.1, ref_logprobs=logprobs + shift)
        assert -gradient.item() * shift > 0  # a step against the gradient goes to the reference


def test_without_a_coefficient_the_reference_is_not_read():
    batch = make_batch([[-1.0]], [1.0])
    loss = policy_loss(batch.old_logprobs, batch, ref_logprobs=batch.old_logprobs + 1)
    assert loss.kl.item() == 0.0 and loss.total == loss.policy


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("norm", ["token", "sequence", "fixed"])
def test_on_policy_the_gradient_is_that_of_reinforce(level, norm):
    """At ratio 1 the clip and the ratio vanish: grad = - w A grad log pi."""
    batch = make_batch([[-1.0, -0.5, -2.0], [-3.0], [-1.0, -1.0]], [1.5, -0.5, -1.0], norm=norm)
    _, gradient = loss_and_gradient(batch.old_logprobs, batch, ratio_level=level)
    torch.testing.assert_close(gradient, -batch.weights * batch.advantages, rtol=0, atol=1e-12)


def test_on_policy_the_value_is_zero_only_where_every_sequence_counts_the_same():
    rewards = torch.tensor([[1.0, 0.0, 0.0, 0.0]])
    advantages = group_advantages(rewards, "dr_grpo")[0].tolist()
    old = [[-1.0] * length for length in (2, 5, 1, 8)]
    batch = make_batch(old, advantages, norm="sequence")
    assert policy_loss(batch.old_logprobs, batch).total.item() == pytest.approx(0, abs=1e-7)
    # With token weights the value is - sum(A_i len_i) / sum(len_i), and it means nothing.
    batch = make_batch(old, advantages, norm="token")
    expected = -(0.75 * 2 - 0.25 * (5 + 1 + 8)) / 16
    assert policy_loss(batch.old_logprobs, batch).total.item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("garbage", [1e4, -1e4, math.inf, -math.inf, math.nan])
def test_what_stands_in_the_padding_is_never_seen(level, garbage):
    """exp(1e4) is infinite, and 0 * inf is NaN: the mask must come first."""
    clean = make_batch([[-1.0, -0.5], [-1.0]], [1.0, -1.0], width=4, prompt=2)
    outside = ~clean.loss_mask
    options = {"ratio_level": level, "kl_coef": 0.1}
    logprobs = clean.old_logprobs + 0.1 * clean.loss_mask
    expected = loss_and_gradient(logprobs, clean, ref_logprobs=clean.old_logprobs, **options)
    dirty = logprobs.masked_fill(outside, garbage)
    loss, gradient = loss_and_gradient(dirty, clean, ref_logprobs=clean.old_logprobs, **options)
    assert loss == expected[0] and torch.equal(gradient, expected[1])
    assert torch.equal(gradient[outside], torch.zeros_like(gradient[outside]))
    for field in ("old_logprobs", "ref_logprobs"):
        filled = clean.old_logprobs.masked_fill(outside, garbage)
        batch = replace(clean, old_logprobs=filled) if field == "old_logprobs" else clean
        ref = filled if field == "ref_logprobs" else clean.old_logprobs
        loss, gradient = loss_and_gradient(logprobs, batch, ref_logprobs=ref, **options)
        assert loss == expected[0] and torch.equal(gradient, expected[1])


def test_the_losses_of_micro_batches_add_up():
    batch = make_batch([[-1.0, -0.5, -2.0], [-3.0], [-1.0, -1.0]], [1.5, -0.5, -1.0])
    moved = batch.old_logprobs + torch.linspace(-0.5, 0.5, 9).double().view(3, 3)
    parts = [[0, 2], [1]]
    for level in LEVELS:
        options = {"ratio_level": level, "kl_coef": 0.1}
        whole = policy_loss(moved, batch, ref_logprobs=batch.old_logprobs, **options)
        pieces = [
            policy_loss(
                moved[index], batch.rows(index), ref_logprobs=batch.old_logprobs[index], **options
            )
            for index in parts
        ]
        for name in ("total", "policy", "kl", "low_clipped", "high_clipped"):
            total = sum(getattr(piece, name).item() for piece in pieces)
            assert getattr(whole, name).item() == pytest.approx(total, abs=1e-9)
