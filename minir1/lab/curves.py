"""A run's curves for a lesson: the three of R1-Zero together, patience, and intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MultipleLocator

from minir1.lab.picture import Picture, panels
from minir1.run.report.curves import THREE, draw_curve
from minir1.run.report.ink import LIGHT, legend
from minir1.run.report.patience import path_figure
from minir1.run.report.reading import Run
from minir1.run.report.sections import other_sets
from minir1.run.report.words import percent

Measured = Mapping[str, float]
"""A value with its 95% interval: {"value", "low", "high"}."""


def three_curves(run: Run) -> Picture:
    """Accuracy, response length and self-checking of a run, side by side."""
    figure, row = panels(*((title, unit) for _, _, title, unit in THREE), height=2.7)
    held_out = run.on_the_way()
    changes = []
    for axes, (metric, field, title, _) in zip(row, THREE, strict=True):
        steps, values = run.series("zero", metric)
        line = draw_curve(axes, steps, values, held_out, field)
        changes.append(f"{title.lower()} from {line[0]:.3g} to {line[-1]:.3g}")
    legend(row[0], "lower right")
    return Picture(figure, f"Over {steps[-1]:.0f} RL steps: {', '.join(changes)}")


def path(run: Run) -> Picture:
    """Accuracy against tries made, beside blind search (`minir1/run/report/patience.py`)."""
    drawn = path_figure(run)
    if drawn is None:
        raise ValueError(f"{run.folder} has no evaluation that counts tries, so there is no path")
    return Picture(*drawn)


def interval_chart(title: str, unit: str, measured: Mapping[str, Measured]) -> Picture:
    """Shares with their 95% intervals, one a line, on one scale."""
    figure, (axes,) = panels((title, unit), height=0.85 + 0.32 * len(measured), width=7.2)
    inks, texts = [], []
    for label, one in measured.items():
        inks.append(LIGHT["before"] if "base" in label else LIGHT["after"])
        span = f"  ({percent(one['low'])} to {percent(one['high'])})"
        texts.append(percent(one["value"]) + span * (one["low"] < one["high"]))
    draw_intervals(axes, measured, inks, texts)
    axes.set_xlim(0, 1.0)
    axes.xaxis.set_major_locator(MultipleLocator(0.2))
    axes.xaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f}%")
    words = "; ".join(f"{label} {percent(one['value'])}" for label, one in measured.items())
    return Picture(figure, f"{title}: {words}")


def draw_intervals(
    axes: Axes, measured: Mapping[str, Measured], inks: Sequence[str], texts: Sequence[str]
) -> None:
    """Names, intervals and what is said of them, one a line from the top."""
    lines = np.arange(len(measured))[::-1]
    for line, one, ink, text in zip(lines, measured.values(), inks, texts, strict=True):
        axes.hlines(line, one["low"], one["high"], color=ink, linewidth=2.2)
        axes.scatter(one["value"], line, s=34, color=ink, linewidths=0, zorder=3, clip_on=False)
        axes.annotate(
            text, (1.01, line), xycoords=("axes fraction", "data"), va="center", fontsize=8,
            color=LIGHT["ink"],
        )  # fmt: skip
    axes.set_yticks(lines, list(measured))
    axes.tick_params(axis="y", labelsize=8.5, labelcolor=LIGHT["ink"], pad=8)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color=LIGHT["grid"], linewidth=0.7)
    axes.set_ylim(-0.6, len(measured) - 0.4)


def all_sets(run: Run) -> Picture:
    """Accuracy on every held-out set, before and after RL, with intervals."""
    measured = {
        f"{one['label'].partition(':')[0]}, {label}": one[end]
        for one in other_sets(run)
        for end, label in (("base", "base"), ("final", "after RL"))
        if one[end]
    }
    return interval_chart("Right answers on each held-out set", "pass@1, 95% interval", measured)
