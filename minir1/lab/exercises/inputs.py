"""Random inputs that several exercises share."""

from __future__ import annotations

import torch
from torch import Tensor

from minir1.lab.grader.exercise import Draw
from minir1.rl.types import Batch

FAR = 200.0
"""A log-probability that far off makes exp infinite; it stands where nobody may look."""


def ragged_masks(draw: Draw, rows: int, width: int) -> tuple[Tensor, Tensor]:
    """(token mask, loss mask) of rows of different lengths, each with a prompt."""
    places = torch.arange(width)
    starts = torch.tensor([draw.randint(1, 3) for _ in range(rows)])
    stops = torch.tensor([draw.randint(4, width - 1) for _ in range(rows)])
    stops[0], stops[1] = width, starts[1] + 1  # the longest row, and one with a single token
    stops[2:3] = width
    token_mask = places < stops[:, None]
    return token_mask, token_mask & (places >= starts[:, None])


def batch_and_logprobs(draw: Draw, rows: int = 5, width: int = 9) -> tuple[Tensor, Batch]:
    """A batch with ragged rows, and the trainer's log-probabilities near the sampler's."""
    token_mask, loss_mask = ragged_masks(draw, rows, width)
    old = -draw.normal(rows, width).abs() * loss_mask
    logprobs = old + draw.normal(rows, width, scale=0.4)
    logprobs = torch.where(loss_mask, logprobs, FAR)  # what stands outside the mask is no use
    advantages = draw.normal(rows, 1)
    advantages[0], advantages[1] = advantages[0].abs() + 0.3, -advantages[1].abs() - 0.3
    advantages[2:3] = 0.0  # a dead group's row: it may be past a limit, and nothing is clipped
    weights = torch.rand(rows, 1, generator=draw.generator) / rows
    ids = draw.integers(40, rows, width + 1)
    batch = Batch(
        inputs=ids[:, :-1],
        targets=ids[:, 1:],
        loss_mask=loss_mask,
        token_mask=token_mask,
        old_logprobs=old,
        advantages=advantages * loss_mask,
        weights=weights * loss_mask,
    )
    return logprobs, batch
