"""Lesson 07, second half: one ratio, one clip, one set of weights. The KL is in `kl.py`."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from minir1.lab.exercises.inputs import batch_and_logprobs
from minir1.lab.exercises.kl import K3
from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.lab.grader.plain import Record
from minir1.rl.batch import token_weights
from minir1.rl.loss import log_ratios, policy_loss

NOTEBOOK = "07_advantages_and_losses"


def length_cases(norm: str, draw: Draw) -> Iterator[Case]:
    """Ragged lengths, and rows that wrote nothing."""
    yield Case(([draw.randint(1, 30) for _ in range(draw.randint(3, 6))], norm, 32))
    yield Case(([1, 7, 2], norm, 8))
    yield Case(([0, 5, 0, 3], norm, 8))
    yield Case(([1, 0], norm, 8))


TOKEN_WEIGHTS = Exercise(
    of=token_weights,
    notebook=NOTEBOOK,
    difficulty=1,
    importance=4,
    minutes=10,
    parts=(
        Part("token", 1, lambda draw: length_cases("token", draw)),
        Part("sequence", 1, lambda draw: length_cases("sequence", draw)),
        Part("fixed", 1, lambda draw: length_cases("fixed", draw)),
    ),
    mistakes={
        "no_sequences": Edit("1 / len(lengths) / max(1, length)", "1 / max(1, length)"),
        "zero_division": Edit("1 / len(lengths) / max(1, length)", "1 / len(lengths) / length"),
        "token_mean_of_rows": Edit("1 / max(1, sum(lengths))", "1 / max(1, length)"),
        "token_by_rows": Edit("1 / max(1, sum(lengths))", "1 / len(lengths)"),
        "fixed_by_longest": Edit("len(lengths) * fixed_length", "len(lengths) * max(lengths)"),
        "fixed_without_rows": Edit("1 / (len(lengths) * fixed_length)", "1 / fixed_length"),
    },
    same={
    },
)  # fmt: skip


def ratio_cases(level: str, draw: Draw) -> Iterator[Case]:
    """Two shapes, with the gradient."""
    for rows, width in ((5, 9), (2, draw.randint(10, 14))):
        logprobs, batch = batch_and_logprobs(draw, rows, width)
        yield Case((logprobs, batch, level), grad=(0,))


LOG_RATIOS = Exercise(
    of=log_ratios,
    notebook=NOTEBOOK,
    difficulty=2,
    importance=4,
    minutes=15,
    parts=(
        Part("token", 2, lambda draw: ratio_cases("token", draw)),
        Part("sequence", 2, lambda draw: ratio_cases("sequence", draw)),
    ),
    mistakes={
        "inverted": Edit("logprobs - batch.old_logprobs", "batch.old_logprobs - logprobs"),
        "not_masked": Edit("difference[~batch.loss_mask] = 0.0", "pass"),
        "detached": Edit("logprobs - batch.old_logprobs", "(logprobs - batch.old_logprobs).data"),
        "no_log": Edit(
            "difference = logprobs - batch.old_logprobs",
            "difference = logprobs.exp() - batch.old_logprobs.exp()",
        ),
        "sum_for_mean": Edit("row.sum() / max(1, int(mask.sum()))", "row.sum()"),
        "mean_over_padding": Edit("row.sum() / max(1, int(mask.sum()))", "row.sum() / len(row)"),
        "sequence_without_mask": Edit("mean * mask", "mean * torch.ones_like(row)"),
    },
)  # fmt: skip


def loss_cases(draw: Draw, **kwargs: object) -> Iterator[Case]:
    """The loss with its gradient, on a small batch and on a wide one."""
    for rows, width in ((5, 9), (3, 12)):
        logprobs, batch = batch_and_logprobs(draw, rows, width)
        given = dict(kwargs)
        if "kl_coef" in given:
            given["ref_logprobs"] = batch.old_logprobs + draw.normal(rows, width, scale=0.3)
        yield Case((logprobs, batch), given, grad=(0,), of="total")


def kl_loss_cases(draw: Draw) -> Iterator[Case]:
    """With a reference, and without one: then there is no KL, whatever its weight."""
    yield from loss_cases(draw, kl_coef=0.3)
    yield Case(batch_and_logprobs(draw), {"kl_coef": 0.3}, grad=(0,), of="total")


def counts_as_floats(value: object) -> object:
    """A count is a count, whether its tensor holds whole numbers or floats."""
    if not isinstance(value, Record):
        return value
    counts = {
        name: held.float()
        for name, held in value.fields.items()
        if name.endswith("clipped") and isinstance(held, Tensor) and not held.is_complex()
    }
    return Record(value.kind, {**value.fields, **counts})


POLICY_LOSS = Exercise(
    of=policy_loss,
    notebook=NOTEBOOK,
    difficulty=4,
    importance=5,
    minutes=35,
    needs=("log_ratios", "k3"),
    parts=(
        Part("clip", 3, lambda draw: loss_cases(draw, clip_low=0.2, clip_high=0.2)),
        Part("clip_higher", 2, lambda draw: loss_cases(draw, clip_low=0.1, clip_high=0.4)),
        Part("sequence", 1, lambda draw: loss_cases(draw, ratio_level="sequence", clip_low=0.05)),
        Part("kl", 1, kl_loss_cases),
    ),
    mistakes={
        "sign": Edit("policy = -(objective", "policy = (objective"),
        "max_for_min": Edit("torch.where(past, limit, ratio)", "torch.where(past, ratio, limit)"),
        "no_clip": Edit("torch.where(past, limit, ratio)", "ratio"),
        "one_side": Edit("limit = torch.where(good, 1.0 + clip_high, 1.0 - clip_low)",
                         "limit = torch.where(good, 1.0 + clip_low, 1.0 - clip_low)"),
        "both_sides_always": Edit("torch.where(past, limit, ratio)",
                                  "ratio.clamp(1.0 - clip_low, 1.0 + clip_high)"),
        "inverted": Edit("torch.exp(log_ratios", "torch.exp(-1 * log_ratios"),
        "detached": Edit("torch.exp(log_ratios(logprobs, ", "torch.exp(log_ratios(logprobs.data, "),
        "unweighted": Edit("(objective * batch.weights).sum()", "objective.mean()"),
        "divided_twice": Edit("(objective * batch.weights).sum()",
                              "(objective * batch.weights).mean()"),
        "zero": Edit("policy + kl_coef * kl, policy", "0.0 * policy, policy"),
        "kl_sign": Edit("policy + kl_coef * kl", "policy - kl_coef * kl"),
        "kl_coef_lost": Edit("policy + kl_coef * kl", "policy + kl"),
        "kl_unweighted": Edit("(batch.weights * k3(", "(1.0 * k3("),
        "counts_both": Edit("(past & (batch.advantages < 0)).sum()", "past.sum()"),
    },
    same={
        "25:29: ratio > limit -> ratio >= limit": "at the limit itself both give the limit",
        "25:44: ratio < limit -> ratio <= limit": "at the limit itself both give the limit",
    },
    tidy=counts_as_floats,
)  # fmt: skip

EXERCISES = (TOKEN_WEIGHTS, LOG_RATIOS, K3, POLICY_LOSS)
