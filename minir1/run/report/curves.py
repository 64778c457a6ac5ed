"""The three curves of R1-Zero, and the health of the training as small multiples.

R1-Zero's paper shows accuracy and response length rising together over 10,400 steps
(arXiv 2501.12948, figure 1), and reflective words with them (figure 9 of version 2). Here
the third curve counts checks a response: "? 15 no".
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from minir1.run.report.ink import LIGHT, Picture, as_percent, finish, new_chart, x_label
from minir1.run.report.reading import Run


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart and what to see in it."""

    picture: Picture
    note: str


def smooth(values: np.ndarray, window: int) -> np.ndarray:
    """The moving average over `window` values; near the ends over those that there are.

    >>> smooth(np.array([1.0, 2.0, 6.0]), 3)
    array([1.5, 3. , 4. ])
    """
    kernel = np.ones(window)
    return np.convolve(values, kernel, "same") / np.convolve(np.ones_like(values), kernel, "same")


def window_for(n: int) -> int:
    """Odd, about a tenth of the steps, so that the line stays in the middle of its points."""
    return max(1, min(n, n // 10)) | 1 if n > 2 else 1


THREE = (
    ("rewards/accuracy/mean", "pass@1", "Accuracy", "share of answers that are right"),
    ("completions/mean_length", "length", "Response length", "tokens"),
    ("checks", "checks", "Self-checking", "checks a response"),
)


def three_curves(run: Run, folder: Path) -> list[Picture]:
    """Accuracy, response length and checks, on training problems and on held-out ones."""
    pictures = []
    held_out = run.on_the_way()
    for metric, field, title, unit in THREE:
        steps, values = run.series("zero", metric)
        if not len(steps):
            continue
        figure, axes = new_chart(title, unit, width=3.2, height=2.2)
        line = draw_curve(axes, steps, values, held_out, field)
        text = f"{title}, {unit}: from {line[0]:.3g} to {line[-1]:.3g} over {steps[-1]:.0f} steps"
        pictures.append(finish(figure, folder, f"curve-{field.replace('@', '-')}", text))
    return pictures


def draw_curve(
    axes: Axes, steps: np.ndarray, values: np.ndarray, held_out: list[dict], field: str
) -> np.ndarray:
    """Each step's value, their moving average, which is returned, and held-out measurements."""
    axes.scatter(steps, values, s=7, color=LIGHT["after"], alpha=0.28, linewidths=0)
    line = smooth(values, window_for(len(values)))
    axes.plot(
        steps, line, color=LIGHT["after"], linewidth=1.8, label="training problems", clip_on=False
    )
    held_out_points(axes, [one for one in held_out if field in one], field)
    if field == "pass@1":
        as_percent(axes)
    axes.set_ylim(bottom=0)
    x_label(axes, "RL step")
    return line


def held_out_points(axes: Axes, evaluations: list[dict], field: str) -> None:
    """Draw held-out measurements with their intervals."""
    if not evaluations:
        return
    steps = [one["step"] for one in evaluations]
    values, low, high = (
        np.array([one[field][key] for one in evaluations]) for key in ("value", "low", "high")
    )
    axes.errorbar(
        steps,
        values,
        yerr=[values - low, high - values],
        fmt="D",
        markersize=4,
        color=LIGHT["ink"],
        elinewidth=1.1,
        capsize=0,
        label="held-out problems",
        clip_on=False,
        zorder=3,
    )


HEALTH = (
    ("pretrain", "loss", "Base: loss", "nats a token", "Falls fast, then slowly."),
    ("zero", "reward_std", "Rewards in a group", "standard deviation", "No spread, no gradient."),
    (
        "zero",
        "frac_reward_zero_std",
        "Dead groups",
        "share of groups",
        "All right or all wrong: such a group teaches nothing.",
    ),
    (
        "zero",
        "entropy",
        "Entropy",
        "nats a token",
        "A fall to zero means that the policy has stopped exploring.",
    ),
    ("zero", "grad_norm", "Gradient norm", "before clipping", "Spikes announce trouble."),
    (
        "zero",
        "sampling/sampling_logp_difference/mean",
        "Sampler against trainer",
        "nats",
        "Both should give a token the same log-probability. The best bug detector in RL.",
    ),
    (
        "zero",
        "completions/clipped_ratio",
        "Cut off at the limit",
        "share of completions",
        "Thinking that did not fit into the budget.",
    ),
    (
        "zero",
        "clip_ratio/high_mean",
        "Clipped ratios",
        "share of tokens",
        "0 while each rollout is used for one update only.",
    ),
    (
        "zero",
        "router/load_max",
        "Busiest expert",
        "times an even load",
        "1 is an even load.",
    ),
    (
        "zero",
        "router/drift",
        "Router drift",
        "share of places",
        "Tokens for which trainer and sampler chose other experts.",
    ),
)


def health(run: Run, folder: Path) -> list[Figure]:
    """One small chart for each number that tells early when a run goes wrong."""
    figures = []
    for stage, metric, title, unit, note in HEALTH:
        steps, values = run.series(stage, metric)
        if not len(steps):
            continue
        color = LIGHT["before"] if stage == "pretrain" else LIGHT["after"]
        figure, axes = new_chart(title, unit, width=3.0, height=1.65)
        axes.plot(steps, values, color=color, linewidth=0.8, alpha=0.4)
        line = smooth(values, window_for(len(values)))
        axes.plot(steps, line, color=color, linewidth=1.6, clip_on=False)
        if values.min() >= 0:
            axes.set_ylim(0, None if values.any() else 1)
        if unit.startswith("share of"):
            as_percent(axes)
        x_label(axes, "RL step" if stage == "zero" else "base training step")
        name = f"health-{stage}-{metric.replace('/', '-')}"
        text = f"{title}: {values[0]:.3g} at first, {values[-1]:.3g} at the end"
        figures.append(Figure(finish(figure, folder, name, text), note))
    return figures
