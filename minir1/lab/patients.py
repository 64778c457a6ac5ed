"""Runs of the clinic in pictures: a diary beside healthy ones, and who was told what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from minir1.bench.clinic.cases import CASES
from minir1.bench.clinic.runs import Run, rows_of
from minir1.bench.clinic.table import findings_of, named_right
from minir1.lab.picture import Picture, panels
from minir1.run.doctor import Diary, examine
from minir1.run.doctor.diary import WINDOW
from minir1.run.doctor.machinery import BUSY, DRIFT, GROWN, ROUNDING
from minir1.run.doctor.policy import FAR
from minir1.run.doctor.rollouts import CUT, DEAD
from minir1.run.doctor.rules import RULES
from minir1.run.doctor.watch import EVERY
from minir1.run.report.ink import LIGHT, new_chart, x_label

SHORT = {
    "reward": "Reward, as paid",
    "checks": "Checks a response",
    "loss": "Loss",
    "rewards/accuracy/mean": "Strictly right",
    "rewards/format/mean": "Well-formed",
    "completions/mean_length": "Length, tokens",
    "completions/clipped_ratio": "Cut off",
    "frac_reward_zero_std": "Dead groups",
    "entropy": "Entropy, nats",
    "kl": "KL, nats",
    "grad_norm": "Gradient norm",
    "sampling/sampling_logp_difference/mean": "Sampler - trainer, nats",
    "router/drift": "Experts changed",
    "router/load_max": "Busiest expert",
    "router/load_min": "Idlest expert",
    "clip_ratio/low_mean": "Clipped low",
    "clip_ratio/high_mean": "Clipped high",
}
"""Metrics as the charts call them."""
LIMITS = {
    "completions/clipped_ratio": CUT,
    "frac_reward_zero_std": DEAD,
    "sampling/sampling_logp_difference/mean": GROWN * ROUNDING,
    "router/drift": DRIFT,
    "router/load_max": BUSY,
    "kl": FAR,
}
"""Where the rules that look at one number draw their line, in a run in float32."""


def pick(runs: Sequence[Run], case: str, seed: int | None = None) -> Run:
    """One run of a case: of this seed, or the first there is."""
    mine = [run for run in runs if run["case"] == case and seed in (None, run["seed"])]
    if not mine:
        raise ValueError(f"there is no run of {case!r} with seed {seed}")
    return mine[0]


def diary_chart(
    run: Run, healthy: Sequence[Run], metrics: Sequence[str], name: str = ""
) -> Picture:
    """A run's curves over healthy ones', as far as it went; a metric far from all is named."""
    figure, row = panels(*((SHORT[metric], "") for metric in metrics), height=2.2)
    apart = []
    for axes, metric in zip(row, metrics, strict=True):
        mine = _numbers(run["curves"].get(metric, []))
        well = [one["curves"][metric][: len(mine) or None] for one in healthy]
        well = [curve for curve in well if len(curve) == len(well[0])]
        band = np.array(well, dtype=float)
        axes.fill_between(
            _steps(well[0]), band.min(0), band.max(0), color=LIGHT["grid"], linewidth=0
        )
        axes.plot(_steps(mine), mine, color=LIGHT["bad"], linewidth=2.1)
        if metric.startswith("sampling"):
            axes.set_yscale("log")
        x_label(axes, "step")
        late = [float(np.mean(curve[-WINDOW:])) for curve in well]
        own = float(np.nanmean(mine[-WINDOW:])) if len(mine) else float("nan")
        if not min(late) <= own <= max(late):
            apart.append(f"{SHORT[metric]} {own:.3g} (healthy: {min(late):.3g} to {max(late):.3g})")
    said = "; ".join(apart) or "every curve ends among the healthy ones"
    return Picture(figure, f"{name or CASES[run['case']].change}: {said}")


def finding_map(runs: Sequence[Run]) -> Picture:
    """Cases down, findings across: a full mark came first, an open one later; a box: expected."""
    cases = list(dict.fromkeys(run["case"] for run in runs))
    names = [rule.__name__ for rule in RULES]
    figure, axes = new_chart(
        "What the doctor said", "a case a line; box: must come first", 8.6, 0.9 + 0.27 * len(cases)
    )
    for place, case in enumerate(cases):
        mine = [findings_of(run) for run in runs if run["case"] == case]
        for across, name in enumerate(names):
            first = sum(found[:1] == [name] for found in mine) / len(mine)
            named = sum(name in found for found in mine) / len(mine)
            _mark(axes, across, place, first, named, CASES[case].expects == name)
    axes.set(xlim=(-0.6, len(names) - 0.4), ylim=(len(cases) - 0.5, -0.5))
    axes.set_xticks(range(len(names)), [name.replace("_", " ") for name in names], rotation=45)
    for label in axes.get_xticklabels():
        label.set(ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(cases)), [case.replace("_", " ") for case in cases])
    axes.grid(color=LIGHT["grid"], linewidth=0.5)
    right = sum(map(named_right, runs))
    return Picture(figure, f"{right} of {len(runs)} runs are named right, or rightly left alone")


def _mark(axes: Axes, x: int, y: int, first: float, named: float, expected: bool) -> None:
    if expected:
        axes.scatter([x], [y], marker="s", s=150, fc="none", ec=LIGHT["muted"], linewidths=1.0)
    if named:
        axes.scatter([x], [y], s=52, fc="none", ec=LIGHT["after"], linewidths=1.3, alpha=named)
    if first:
        axes.scatter([x], [y], s=52, color=LIGHT["after"], alpha=first)


def told_at(run: Run, name: str) -> int | None:
    """The step at which a doctor beside the run tells a finding; None if he never does."""
    rows = rows_of(run)
    looks = [*range(EVERY, len(rows), EVERY), len(rows)]
    for step in looks:
        if name in {finding.name for finding in examine(rows[:step])}:
            return step
    return None


def margin_chart(runs: Sequence[Run], metric: str, limit: float, unit: str = "") -> Picture:
    """One number a run, the mean of its last window, and the limit that a rule sets."""
    late = {
        case: [Diary(rows_of(run)).late(metric) or 0.0 for run in runs if run["case"] == case]
        for case in dict.fromkeys(run["case"] for run in runs)
    }
    figure, axes = new_chart(SHORT[metric], unit, 7.6, 0.7 + 0.22 * len(late))
    for place, (case, values) in enumerate(late.items()):
        ink = LIGHT["before"] if not CASES[case].expects else LIGHT["bad"]
        axes.scatter(values, [place] * len(values), s=26, color=ink, alpha=0.75)
    axes.axvline(limit, color=LIGHT["ink"], linewidth=1.1, linestyle=(0, (4, 2)))
    axes.set_yticks(range(len(late)), [case.replace("_", " ") for case in late])
    axes.invert_yaxis()
    axes.grid(axis="x", color=LIGHT["grid"], linewidth=0.5)
    x_label(axes, "mean of the last 8 steps; dashed: the rule's limit")
    well = [value for case, values in late.items() if not CASES[case].expects for value in values]
    words = f"healthy runs from {min(well):.3g} to {max(well):.3g}, limit {limit:g}"
    return Picture(figure, f"{SHORT[metric]}: {words}")


def _steps(curve: Sequence[Any] | np.ndarray) -> np.ndarray:
    return np.arange(1, len(curve) + 1)


def _numbers(curve: Sequence[float | None]) -> np.ndarray:
    """A null was no number."""
    return np.array([np.nan if value is None else value for value in curve], dtype=float)
