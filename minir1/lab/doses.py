"""One choice of the pipeline at several doses: what each dose buys, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minir1.bench.sweep import POINTS
from minir1.lab.picture import Picture, panels
from minir1.lab.stages import SHARES, TITLES
from minir1.run import stats
from minir1.run.report.ink import LIGHT, as_percent, x_label

Row = Mapping[str, Any]


def by_dose(rows: Sequence[Row], sweep: str, name: str) -> dict[float, list[float]]:
    """A number at each dose, one value a seed; only seeds that were measured at every dose."""
    arms = {dose: f"{sweep}-{dose:g}" for dose in POINTS[sweep]}
    found = {(row["seed"], row["arm"]): row["measured"][name] for row in rows}
    seeds = sorted({row["seed"] for row in rows})
    whole = [seed for seed in seeds if all((seed, arm) in found for arm in arms.values())]
    return {dose: [found[seed, arm] for seed in whole] for dose, arm in arms.items()}


def levels_of(
    rows: Sequence[Row], stages: Mapping[str, str], names: Sequence[str] = ("accuracy", "purity")
) -> dict[str, dict[str, float]]:
    """Of each number its mean over whole pipelines at some stages, by the stages' names."""
    tables = [{line["stage"]: line for line in row["table"]} for row in rows]
    return {
        name: {
            label: float(np.mean([table[stage][name]["value"] for table in tables]))
            for stage, label in stages.items()
        }
        for name in names
    }


def dose_chart(
    rows: Sequence[Row],
    sweep: str,
    dose_name: str,
    names: Sequence[str] = ("accuracy", "purity"),
    levels: Mapping[str, Mapping[str, float]] | None = None,
) -> Picture:
    """A panel a number: the mean over seeds at each dose, with its interval; thin lines: seeds.

    `levels` are named heights to compare with, such as where the base stands.
    """
    figure, row = panels(*(TITLES[name] for name in names), height=2.6)
    said = []
    for axes, name in zip(row, names, strict=True):
        found = by_dose(rows, sweep, name)
        values = np.array(list(found.values()))  # (doses, seeds)
        places = np.arange(len(found))
        over = [stats.over_seeds(v) for v in values]
        axes.plot(places, values, color=LIGHT["grid"], linewidth=1.0, zorder=1)
        axes.vlines(
            places, [o.low for o in over], [o.high for o in over], color=LIGHT["after"], lw=2.2
        )
        axes.scatter(places, values.mean(1), s=30, color=LIGHT["after"], zorder=3)
        axes.set_xticks(places, [f"{dose:g}" for dose in found])
        axes.set_xlim(-0.4, len(found) - 0.6)
        x_label(axes, dose_name)
        for label, height in (levels or {}).get(name, {}).items():
            axes.axhline(height, color=LIGHT["muted"], lw=1.0, linestyle=(0, (4, 2)), zorder=0)
            axes.annotate(
                label, (1, height), (-2, 3), xycoords=("axes fraction", "data"), ha="right",
                textcoords="offset points", fontsize=8, color=LIGHT["muted"],
            )  # fmt: skip
        if name in SHARES:
            axes.set_ylim(0, 1.05)
            as_percent(axes)
        means = ", ".join(f"{one:.2f}" for one in over)
        beside = [f"{label} {h:.2f}" for label, h in (levels or {}).get(name, {}).items()]
        said.append(f"{TITLES[name][0].lower()}: {', '.join([means, *beside])}")
    doses = ", ".join(f"{dose:g}" for dose in POINTS[sweep])
    return Picture(figure, f"{dose_name} {doses}, {len(values[0])} seeds. {'; '.join(said)}")
