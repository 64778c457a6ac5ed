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


def dose_chart(
    rows: Sequence[Row], sweep: str, dose_name: str, names: Sequence[str] = ("accuracy", "purity")
) -> Picture:
    """A panel a number: the mean over seeds at each dose, with its interval; thin lines: seeds."""
    figure, row = panels(*(TITLES[name] for name in names), height=2.6)
    said = []
    for axes, name in zip(row, names, strict=True):
        found = by_dose(rows, sweep, name)
        values = np.array(list(found.values()))  # (doses, seeds)
        places = np.arange(len(found))
        over = [stats.seed_difference([0.0] * len(v), list(v)).interval for v in values]
        axes.plot(places, values, color=LIGHT["grid"], linewidth=1.0, zorder=1)
        axes.vlines(
            places, [o.low for o in over], [o.high for o in over], color=LIGHT["after"], lw=2.2
        )
        axes.scatter(places, values.mean(1), s=30, color=LIGHT["after"], zorder=3)
        axes.set_xticks(places, [f"{dose:g}" for dose in found])
        axes.set_xlim(-0.4, len(found) - 0.6)
        x_label(axes, dose_name)
        if name in SHARES:
            axes.set_ylim(0, 1.05)
            as_percent(axes)
        means = ", ".join(f"{o.value:.2f} [{o.low:.2f}, {o.high:.2f}]" for o in over)
        said.append(f"{TITLES[name][0].lower()}: {means}")
    doses = ", ".join(f"{dose:g}" for dose in POINTS[sweep])
    return Picture(figure, f"{dose_name} {doses}, {len(values[0])} seeds. {'; '.join(said)}")
