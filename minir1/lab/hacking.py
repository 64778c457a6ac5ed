"""Reward hacking in pictures: what was paid, what was meant, and the hack, arm by arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minir1.lab.charts import columns, lines
from minir1.lab.picture import Picture, panels
from minir1.run.report.curves import smooth, window_for
from minir1.run.report.ink import LIGHT, as_percent, x_label

Row = Mapping[str, Any]
CURVES = {
    "proxy": ("what is paid", "after", "-"),
    "meant": ("what was meant", "good", (0, (5, 2))),
    "hack": ("the hack", "blind", (0, (1.5, 1.5))),
}
TITLES = {
    "examples": "Paid: the examples",
    "hidden": "Cure: hidden tests",
    "unread": "Control: hack never read",
    "model": "Paid: the model's score",
    "kl": "Cure: a KL term",
    "rule": "Cure: a rule beside it",
    "more": "Control: 8 times the pairs",
}
"""The arms of both tasks, in the order in which they are shown."""


def hack_chart(rows: Sequence[Row], task: str) -> Picture:
    """One panel an arm: every seed as a thin line, their mean as a thick one."""
    arms = arms_of(rows, task)
    figure, row = panels(*((TITLES[arm], "share") for arm in arms), height=2.9)
    low, said = 0.0, []
    for axes, arm in zip(row, arms, strict=True):
        mine, ends = _of(rows, task, arm), []
        for name, (label, ink, dash) in CURVES.items():
            curves = np.array([one["curve"][name] for one in mine], dtype=float)
            smoothed = np.array([smooth(curve, window_for(len(curve))) for curve in curves])
            steps, mean = np.arange(1, smoothed.shape[1] + 1), smoothed.mean(0)
            for curve in smoothed:
                axes.plot(steps, curve, color=LIGHT[ink], linewidth=0.6, alpha=0.4)
            axes.plot(steps, mean, color=LIGHT[ink], linewidth=2.0, linestyle=dash, label=label)
            low = min(low, float(smoothed.min()))
            ends.append(f"{label} {mean[0]:.0%} to {mean[-1]:.0%}")
        said.append(f"{TITLES[arm]}: {', '.join(ends)}")
        as_percent(axes)
        x_label(axes, "RL step")
    for axes in row:
        axes.set_ylim(low - 0.02, 1.03)
    handles, labels = row[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower left", ncols=3, fontsize=8, frameon=False,
        handlelength=2.8, labelcolor=LIGHT["ink"],
    )  # fmt: skip
    seeds = len(_of(rows, task, arms[0]))
    return Picture(figure, f"Means over {seeds} seeds. {'; '.join(said)}")


def best_step(rows: Sequence[Row], task: str, arm: str) -> int:
    """The step at which what was meant is highest, on the mean of the seeds."""
    curves = np.array([one["curve"]["meant"] for one in _of(rows, task, arm)], dtype=float)
    return int(smooth(curves.mean(0), window_for(curves.shape[1])).argmax()) + 1


def arms_of(rows: Sequence[Row], task: str) -> list[str]:
    """The arms of a task that have rows."""
    found = {row["arm"] for row in rows if row["task"] == task}
    return [arm for arm in TITLES if arm in found]


def _of(rows: Sequence[Row], task: str, arm: str) -> list[Row]:
    return [row for row in rows if (row["task"], row["arm"]) == (task, arm)]


def seed_chart(rows: Sequence[Row], task: str, arm: str) -> Picture:
    """What was meant, seed by seed, against what is paid: which way did each go?"""
    title = (TITLES[arm], "what was meant; from the first steps (grey) to the last (blue)")
    figure, (axes,) = panels(title, height=3.0, width=7.0)
    said = []
    for row in _of(rows, task, arm):
        width = window_for(len(row["curve"]["proxy"]))
        paid, meant = (smooth(np.array(row["curve"][n], float), width) for n in ("proxy", "meant"))
        axes.plot(paid, meant, color=LIGHT["grid"], linewidth=1.4, zorder=1)
        for place, ink in ((0, "before"), (-1, "after")):
            axes.scatter(paid[place], meant[place], s=34, color=LIGHT[ink], zorder=3)
        axes.annotate(
            f"seed {row['seed']}", (paid[-1], meant[-1]), (5, 3), textcoords="offset points",
            fontsize=8, color=LIGHT["ink"],
        )  # fmt: skip
        said.append(f"seed {row['seed']}: {meant[0]:.2f} to {meant[-1]:.2f}")
    axes.margins(x=0.12)
    x_label(axes, "what is paid")
    return Picture(figure, f"{TITLES[arm]}, what was meant. {'; '.join(said)}")


def stop_chart(rows: Sequence[Row], task: str) -> Picture:
    """Of each arm: what was meant at the start, at its best step, and at the end."""
    arms = arms_of(rows, task)
    marks: dict[str, list[float]] = {"at the start": [], "at its best": [], "at the end": []}
    for arm in arms:
        curves = np.array([one["curve"]["meant"] for one in _of(rows, task, arm)], dtype=float)
        width = window_for(curves.shape[1])
        smoothed = np.array([smooth(curve, width) for curve in curves])
        found = (smoothed[:, 0], smoothed.max(1), smoothed[:, -1])
        for name, values in zip(marks, found, strict=True):
            marks[name].append(float(values.mean()))
    ticks = [TITLES[arm] for arm in arms]
    return columns(
        "What an early stop would have kept", "what was meant; mean of the seeds", marks,
        x_name="", ticks=ticks, words="; ".join(
            f"{tick}: best {best:.2f}, end {end:.2f}" for tick, best, end in
            zip(ticks, marks["at its best"], marks["at the end"], strict=True)
        ),
    )  # fmt: skip


def gap_chart(rows: Sequence[Row], task: str) -> Picture:
    """What is paid minus what was meant, over the steps: the number to watch."""
    series = {}
    for arm in arms_of(rows, task):
        sides = [(one["curve"]["proxy"], one["curve"]["meant"]) for one in _of(rows, task, arm)]
        mean = np.mean(np.array([np.subtract(*both) for both in sides], dtype=float), 0)
        series[TITLES[arm]] = smooth(mean, window_for(len(mean)))
    steps = range(1, len(next(iter(series.values()))) + 1)
    return lines("The gap", "paid minus meant", steps, series, x_name="RL step", width=9.4)
