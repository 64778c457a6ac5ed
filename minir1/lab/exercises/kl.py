"""Lesson 07, second half: the KL term, masked before any exp and precise near 0."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from minir1.lab.exercises.inputs import FAR, batch_and_logprobs
from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.rl.loss import k3

NOTEBOOK = "07_advantages_and_losses"


def kl_cases(draw: Draw) -> Iterator[Case]:
    """A reference near the policy and one far away; outside the mask each is far off once."""
    for spread, outside in ((0.3, 0.0), (1.5, 2 * FAR)):
        logprobs, batch = batch_and_logprobs(draw)
        reference = batch.old_logprobs + draw.normal(*logprobs.shape, scale=spread)
        reference = torch.where(batch.loss_mask, reference, outside)
        yield Case((logprobs, reference, batch), grad=(0,))


def near_cases(draw: Draw) -> Iterator[Case]:
    """A reference that is nearly the policy: exp() - 1 would lose every digit here."""
    logprobs, batch = batch_and_logprobs(draw)
    logprobs = logprobs * batch.loss_mask
    for distance in (0.0, 1e-4, 1e-3):
        nearby = logprobs + draw.normal(*logprobs.shape, scale=distance)
        gap = torch.where(batch.loss_mask, (nearby - logprobs).double(), 0.0)
        judge = partial(precise, torch.expm1(gap) - gap)
        yield Case((logprobs, nearby, batch), judge=judge)


def precise(right: Tensor, value: object) -> str:
    """Never negative, and still the right number where it is tiny."""
    if not isinstance(value, Tensor) or not value.is_floating_point():
        return "judge.no_tensor"
    if value.shape != right.shape:
        return "judge.other_shape"
    if bool((value < 0).any()):
        return "judge.negative_kl"
    close = torch.isclose(value.double(), right, rtol=0.05, atol=1e-10)
    return "" if bool(close.all()) else "judge.lost_digits"


K3 = Exercise(
    of=k3,
    notebook=NOTEBOOK,
    difficulty=3,
    importance=3,
    minutes=15,
    parts=(Part("values", 2, kl_cases), Part("never_negative", 1, near_cases)),
    mistakes={
        "inverted": Edit("ref_logprobs - logprobs", "logprobs - ref_logprobs"),
        "k1": Edit("torch.expm1(gap) - gap", "-gap"),
        "k2": Edit("torch.expm1(gap) - gap", "gap**2 / 2"),
        "sign": Edit("torch.expm1(gap) - gap", "gap - torch.expm1(gap)"),
        "not_masked": Edit("gap = gap * batch.loss_mask", "gap = gap * 1"),
        "lost_digits": Edit("torch.expm1(gap)", "(torch.exp(gap) - 1)"),
        "masked_late": Edit(
            "gap = gap * batch.loss_mask\n    return torch.expm1(gap) - gap",
            "return torch.where(batch.loss_mask, torch.expm1(gap) - gap, 0.0)",
        ),
    },
    atol=1e-6,
)
