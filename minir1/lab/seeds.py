"""Several seeds of a recipe beside its control: curves, gains, and the split of the gain.

Everything is drawn from the rows of `minir1/results/seeds.jsonl` that are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from minir1.lab.charts import legend_below
from minir1.lab.picture import Picture, panels
from minir1.run.report.curves import smooth, window_for
from minir1.run.report.ink import LIGHT, as_percent, legend, x_label
from minir1.run.report.patience import split

Row = Mapping[str, Any]
INK = {0: "after", 1: "blind", 2: "good", 3: "bad"}
SHOWN = (
    ("reward", "Right answers", "share, training problems"),
    ("completions/mean_length", "Response length", "tokens"),
    ("checks", "Self-checking", "checks a response"),
)


def by_recipe(rows: Sequence[Row], names: Sequence[str]) -> dict[str, list[Row]]:
    """The rows of each of these recipes that has any."""
    found = {name: [row for row in rows if row["recipe"] == name] for name in names}
    return {name: mine for name, mine in found.items() if mine}


def _curves(axes: Axes, mine: Sequence[Row], metric: str, ink: str, name: str) -> np.ndarray:
    """Every seed as a thin line, their mean as a thick one."""
    curves = [np.array(row["curve"][metric], dtype=float) for row in mine]
    width = min(map(len, curves))
    smoothed = np.array([smooth(curve[:width], window_for(width)) for curve in curves])
    steps = np.arange(1, width + 1)
    for curve in smoothed:
        axes.plot(steps, curve, color=LIGHT[ink], linewidth=0.7, alpha=0.45)
    axes.plot(steps, smoothed.mean(0), color=LIGHT[ink], linewidth=2.2, label=name)
    return smoothed


def seed_curves(rows: Sequence[Row], names: Sequence[str]) -> Picture:
    """The three curves of R1-Zero, every seed, beside the control."""
    figure, row = panels(*((title, unit) for _, title, unit in SHOWN), height=3.0)
    said = []
    for axes, (metric, title, _) in zip(row, SHOWN, strict=True):
        for number, (name, mine) in enumerate(by_recipe(rows, names).items()):
            label = f"{name}, {len(mine)} seeds"
            smoothed = _curves(axes, mine, metric, INK[number % 4], label)
            ends = smoothed.mean(0)
            said.append(f"{name}, {title.lower()} {ends[0]:.3g} to {ends[-1]:.3g}")
        axes.set_ylim(bottom=0)
        if metric == "reward":
            as_percent(axes)
        x_label(axes, "RL step")
    handles, labels = row[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower left", ncols=2, fontsize=8, frameon=False,
        labelcolor=LIGHT["ink"],
    )  # fmt: skip
    return Picture(figure, "; ".join(said))


def seed_path(rows: Sequence[Row], name: str) -> Picture:
    """Of each seed: accuracy against tries, before and after RL, beside blind search."""
    mine = by_recipe(rows, [name])[name]
    figure, (axes,) = panels(
        ("Patience or insight, seed by seed", "right answers, held out"), height=3.2, width=7.6
    )
    curve = mine[0]["final"]["insight"]["blind_curve_by_tries_made"]
    tries, blind = np.array(curve).T
    axes.plot(tries, blind, color=LIGHT["ink"], linestyle=(0, (4, 2)), label="blind search")
    for row in mine:
        before, after = (row[end]["insight"] for end in ("base", "final"))
        axes.annotate(
            "", (after["tries"], after["accuracy"]), (before["tries"], before["accuracy"]),
            arrowprops={"arrowstyle": "-", "color": LIGHT["grid"], "lw": 1},
        )  # fmt: skip
        for one, ink, marker in ((before, "before", "o"), (after, "after", "D")):
            axes.scatter(one["tries"], one["accuracy"], s=36, marker=marker, color=LIGHT[ink])
    axes.scatter([], [], color=LIGHT["before"], label="base")
    axes.scatter([], [], color=LIGHT["after"], marker="D", label="after RL")
    axes.set_xlim(0, 1.1 * max(tries.max(), *(r["final"]["insight"]["tries"] for r in mine)))
    axes.set_ylim(0, 1)
    as_percent(axes)
    x_label(axes, "tries made, mean of a response")
    legend(axes, "lower right")
    above = sum(row["final"]["insight"]["surplus"]["value"] > 0 for row in mine)
    return Picture(figure, f"After RL, {above} of {len(mine)} seeds lie above blind search")


def gain_split(rows: Sequence[Row], name: str) -> Picture:
    """Of each seed: how much of the gain is patience, and how much is insight."""
    mine = by_recipe(rows, [name])[name]
    parts = [split(row["base"]["insight"], row["final"]["insight"]) for row in mine]
    figure, (axes,) = panels(("What the gain consists of", "points"), height=2.7, width=7.6)
    places = np.arange(len(mine))
    patience = np.array([100 * part.patience for part in parts])
    insight = np.array([100 * part.insight for part in parts])
    axes.bar(places, patience, color=LIGHT["blind"], width=0.6, label="patience: more tries")
    axes.bar(
        places, insight, bottom=np.maximum(patience, 0), color=LIGHT["after"], width=0.6,
        label="insight: fewer wasted, better aimed",
    )  # fmt: skip
    axes.axhline(0, color=LIGHT["ink"], linewidth=0.8)
    axes.set_xticks(places, [f"seed {row['seed']}" for row in mine])
    legend_below(figure, 2)
    text = f"{patience.mean():.0f} points of patience and {insight.mean():.0f} of insight"
    return Picture(figure, f"Mean over {len(mine)} seeds: {text}")
