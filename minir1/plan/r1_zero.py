"""R1-Zero's hours, predicted from its samples, its lengths and its hardware.

    hours = rollout batches * (longest response * seconds a token + training) / 3600

R1 samples 8,192 responses at once on 512 GPUs: 16 a GPU. So few at a time are read out at
almost the speed of one, and the batch ends with its longest response. Waiting for that one
response, not arithmetic, fills most of the 198 hours. This is an inference, not a published
account: every assumption is a field below, with its source, and can be changed.

The default assumptions land within a percent of the published hours. That is luck as much as
merit: `spread` moves three of them within reason, and the answer moves between half and twice.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from minir1.model.count import forward_flops, training_flops
from minir1.plan.chips import chip
from minir1.plan.published import V3
from minir1.plan.training_time import HOUR

PUBLISHED_HOURS = 198.0
"""On 512 H800 (arXiv 2501.12948v2, B.4.4). Not used by the prediction."""

Curve = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the prediction rests on. The first group is published, the second is not."""

    steps: int = 10_400
    updates_a_rollout: int = 16
    samples_a_rollout: int = 8192
    gpus: int = 512
    max_length: Curve = ((0, 32_768), (8200, 65_536))
    """(step, longest response allowed from there on); arXiv 2501.12948v2, 2.1."""
    mean_length: Curve = ((0, 500), (2000, 2000), (4000, 4000), (8400, 9500), (10_400, 12_000))
    """Points of the paper's length curve, read by eye (figure 1b); lines between them."""

    tokens_a_second: float = 22.0
    """A reader's speed on DeepSeek's own servers: 20 to 22 (their inference overview, 2025)."""
    speculation: float = 1.8
    """Times faster by multi-token prediction (arXiv 2412.19437, 5.4.3), which R1 used (B.1)."""
    longest_share: float = 1.0
    """The longest of 8,192 responses, as a share of what is allowed."""
    training_mfu: float = 0.35
    """Long sequences of unequal length train a little worse than V3's 39%."""


def length_at(curve: Curve, step: int | float) -> float:
    """The height of a curve at a step, on straight lines between its points.

    >>> length_at([(0, 500), (2000, 2000)], 1000)
    1250.0
    """
    for (a, low), (b, high) in itertools.pairwise(curve):
        if a <= step <= b:
            return low + (high - low) * (step - a) / (b - a)
    return float(curve[-1][1])


def budget_at(curve: Curve, step: int | float) -> int:
    """The longest response allowed at a step."""
    return [length for start, length in curve if start <= step][-1]


def spread() -> tuple[float, float]:
    """The smallest and the largest hours over reasonable values of what is not published.

    20 or 22 tokens a second, with or without the gain of speculation, and a longest response
    of half of what is allowed or all of it.
    """
    hours = [
        predict(Assumptions(tokens_a_second=rate, speculation=gain, longest_share=share))["hours"]
        for rate in (20.0, 22.0)
        for gain in (1.0, 1.8)
        for share in (0.5, 1.0)
    ]
    return min(hours), max(hours)


def predict(a: Assumptions | None = None) -> dict[str, float]:
    """Hours on all GPUs, and where they go."""
    a = a or Assumptions()
    rollouts = a.steps // a.updates_a_rollout
    seconds_a_token = 1 / (a.tokens_a_second * a.speculation)
    peak = a.gpus * chip("h800").flops * a.training_mfu
    waiting = training = samples = tokens = 0.0
    for i in range(rollouts):
        step = i * a.updates_a_rollout
        mean = length_at(a.mean_length, step)
        waiting += budget_at(a.max_length, step) * a.longest_share * seconds_a_token
        # One forward pass of the reference comes on top of the policy's forward and backward.
        flops = training_flops(V3, mean / 2) + forward_flops(V3, mean / 2)
        training += a.samples_a_rollout * mean * flops / peak
        samples += a.samples_a_rollout
        tokens += a.samples_a_rollout * mean
    hours = (waiting + training) / HOUR
    return {
        "hours": hours,
        "gpu_hours": hours * a.gpus,
        "waiting_hours": waiting / HOUR,
        "training_hours": training / HOUR,
        "rollouts": float(rollouts),
        "samples": samples,
        "tokens": tokens,
    }
