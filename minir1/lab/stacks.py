"""Bars that are made of parts, one on the other: where the bytes, the hours or the dollars are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from minir1.lab.charts import Numbers, legend_below
from minir1.lab.experts import INKS
from minir1.lab.picture import Picture, panels
from minir1.run.report.ink import LIGHT, x_label


def stacked(
    title: str,
    unit: str,
    parts: Mapping[str, Numbers],
    *,
    ticks: Sequence[str],
    x_name: str,
    words: str = "",
    line: tuple[str, int | float] | None = None,
    fmt: str = "{:.0f}",
    width: int | float = 7.6,
    height: int | float = 2.8,
) -> Picture:
    """Upright bars of named parts; `line` is a named level. The sum is written on each bar."""
    figure, (axes,) = panels((title, unit), height=height, width=width)
    sums = draw_stack(axes, parts, ticks=ticks, x_name=x_name, fmt=fmt)
    if line is not None:
        name, level = line
        axes.axhline(level, color=LIGHT["bad"], linewidth=1.1, linestyle=(0, (4, 2)))
        axes.annotate(
            name, (1, level), (-2, 3), xycoords=("axes fraction", "data"), ha="right",
            textcoords="offset points", fontsize=7.5, color=LIGHT["bad"],
        )  # fmt: skip
        axes.set_ylim(top=1.15 * max(float(level), float(sums.max())))
    legend_below(figure, len(parts))
    said = "; ".join(f"{tick}: {fmt.format(one)}" for tick, one in zip(ticks, sums, strict=True))
    return Picture(figure, words or f"{title}, {unit}. {said}")


def draw_stack(
    axes: Axes,
    parts: Mapping[str, Numbers],
    *,
    ticks: Sequence[str],
    x_name: str,
    fmt: str = "{:.0f}",
) -> np.ndarray:
    """The bars on axes that are there already; the sums."""
    places, below = np.arange(len(ticks)), np.zeros(len(ticks))
    for number, (name, values) in enumerate(parts.items()):
        heights = np.asarray(values, dtype=float)
        axes.bar(
            places, heights, bottom=below, width=0.62, label=name,
            color=INKS[number % len(INKS)], edgecolor=LIGHT["paper"], linewidth=0.8,
        )  # fmt: skip
        below = below + heights
    for place, whole in zip(places, below, strict=True):
        axes.annotate(
            fmt.format(whole), (place, whole), (0, 3), textcoords="offset points", ha="center",
            fontsize=8, color=LIGHT["ink"], zorder=5,
            bbox={"boxstyle": "square,pad=0.1", "fc": LIGHT["paper"], "ec": "none"},
        )  # fmt: skip
    axes.set_xticks(places, list(ticks), fontsize=8)
    axes.set_xlim(-0.6, len(ticks) - 0.4)
    axes.set_ylim(top=1.12 * float(below.max()))
    x_label(axes, x_name)
    return below
