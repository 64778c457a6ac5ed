"""The clip in a picture: what a token earns as the policy moves away from its sampler."""

from __future__ import annotations

import numpy as np
import torch
from matplotlib.ticker import FixedLocator
from torch import Tensor

from minir1.lab.picture import Picture, panels
from minir1.rl.loss import policy_loss
from minir1.rl.types import Batch
from minir1.run.report.ink import LIGHT, x_label


def surrogate(
    ratios: np.ndarray, advantage: float, clip_low: float, clip_high: float
) -> np.ndarray:
    """The objective of one token at each ratio: `policy_loss` itself, with the sign turned."""
    values = []
    for ratio in ratios:
        loss = policy_loss(
            torch.tensor([[float(np.log(ratio))]]),
            _one_token(advantage),
            clip_low=clip_low,
            clip_high=clip_high,
        )
        values.append(-float(loss.total))
    return np.array(values)


def clip_chart(clip_low: float, clip_high: float) -> Picture:
    """The surrogate for a good token and for a bad one; where it is flat, nothing is learned."""
    names = (("A good token", 1.0), ("A bad token", -1.0))
    figure, row = panels(
        *((name, f"objective, advantage {a:+.0f}") for name, a in names), height=2.5, width=7.6
    )
    ratios = np.linspace(0.4, 1.8, 71)
    for axes, (_, advantage) in zip(row, names, strict=True):
        values = surrogate(ratios, advantage, clip_low, clip_high)
        flat = ratios > 1 + clip_high if advantage > 0 else ratios < 1 - clip_low
        axes.axvspan(1 - clip_low, 1 + clip_high, color=LIGHT["grid"], alpha=0.45, linewidth=0)
        axes.axvline(1.0, color=LIGHT["muted"], linewidth=0.8)
        axes.plot(ratios, np.where(flat, np.nan, values), color=LIGHT["after"], linewidth=2)
        axes.plot(
            ratios, np.where(flat, values, np.nan), color=LIGHT["bad"], linewidth=2,
            linestyle=(0, (2, 1)),
        )  # fmt: skip
        end = ratios[flat].mean()
        axes.annotate(
            "no gradient", (end, values[flat].mean()), (0, 6), textcoords="offset points",
            ha="center", fontsize=8, color=LIGHT["bad"],
        )  # fmt: skip
        axes.margins(y=0.16)
        x_label(axes, "ratio: new probability / old probability")
        axes.xaxis.set_major_locator(FixedLocator([0.5, 1 - clip_low, 1, 1 + clip_high, 1.6]))
    text = f"ratios from {1 - clip_low:g} to {1 + clip_high:g} (grey) have their full gradient"
    return Picture(figure, f"{text}; a good token above and a bad token below have none")


def _one_token(advantage: float) -> Batch:
    one = torch.ones(1, 1)
    ids, yes = one.long(), one.bool()

    def number(value: float) -> Tensor:
        return torch.full((1, 1), value)

    return Batch(
        inputs=ids, targets=ids, loss_mask=yes, token_mask=yes,
        old_logprobs=number(0.0), advantages=number(advantage), weights=number(1.0),
    )  # fmt: skip
