"""The plain charts of the lessons: lines, bars and columns. Maps are in `heat.py`.

Each takes what it shows as a mapping from a name to numbers, so a lesson's cell stays short.
Lines differ by colour and by dash, so they can be told apart without colour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import (
    FixedLocator,
    LogFormatterMathtext,
    LogLocator,
    MaxNLocator,
    NullLocator,
)

from minir1.lab.picture import Picture, panels
from minir1.run.report.ink import LIGHT, as_percent, x_label

INKS = ("after", "blind", "good", "before", "bad", "ink")
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (7, 2, 1.5, 2)), "-", (0, (3, 3)))
Numbers = Sequence[int | float] | np.ndarray


def lines(
    title: str,
    unit: str,
    x: Numbers,
    series: Mapping[str, Numbers],
    *,
    x_name: str,
    words: str = "",
    percent: bool = False,
    log: str = "",
    marks: Mapping[str, int | float] | None = None,
    floor: int | float | None = None,
    width: int | float = 7.6,
    height: int | float = 2.8,
) -> Picture:
    """Curves over one axis. `log` is "x", "y" or "xy"; `marks` are named vertical lines."""
    figure, (axes,) = panels((title, unit), height=height, width=width)
    draw_lines(axes, x, series, x_name=x_name, percent=percent, log=log, floor=floor, legend=False)
    legend_below(figure, len(series))
    draw_marks(axes, marks or {})
    ends = "; ".join(f"{name}: {y[0]:.3g} to {y[-1]:.3g}" for name, y in series.items())
    return Picture(figure, words or f"{title}, by {x_name}. {ends}")


def draw_marks(axes: Axes, marks: Mapping[str, int | float], height: float = 1.0) -> None:
    """Named vertical lines; their names begin at `height` of the axes."""
    for name, place in marks.items():
        axes.axvline(place, color=LIGHT["muted"], linewidth=0.9, linestyle=(0, (2, 2)))
        axes.annotate(
            name, (place, height), (3, -3), xycoords=("data", "axes fraction"), fontsize=7.5,
            textcoords="offset points", va="top", color=LIGHT["muted"],
        )  # fmt: skip


def draw_lines(
    axes: Axes,
    x: Numbers,
    series: Mapping[str, Numbers],
    *,
    x_name: str,
    percent: bool = False,
    log: str = "",
    floor: int | float | None = None,
    legend: bool = True,
) -> None:
    """Curves on axes that are there already, with a legend if there are two or more."""
    for number, (name, y) in enumerate(series.items()):
        axes.plot(
            x, y, color=LIGHT[INKS[number % len(INKS)]], label=name, linewidth=1.9,
            linestyle=DASHES[number % len(DASHES)],
        )  # fmt: skip
    if "x" in log:
        axes.set_xscale("log", base=10)
        plain(axes.xaxis)
    if "y" in log:
        axes.set_yscale("log", base=10)
        plain(axes.yaxis)
    elif percent:
        as_percent(axes)
    if floor is not None:
        axes.set_ylim(bottom=floor)
    if "x" not in log and float(np.max(np.asarray(x))) <= 2:
        axes.xaxis.set_major_locator(MaxNLocator(6))
    x_label(axes, x_name)
    if len(series) > 1 and legend:
        axes.legend(
            loc="best", fontsize=8, frameon=False, labelcolor=LIGHT["ink"], handlelength=2.8
        )


def plain(axis: Axis) -> None:
    """Numbers of a logarithmic axis as people write them, where they are not too long."""
    axis.set_minor_locator(NullLocator())
    low, high = axis.get_view_interval()
    if high < 300 * low:  # too few powers of ten to read anything off
        axis.set_major_locator(LogLocator(10, subs=(1, 2, 5)))
    powers = LogFormatterMathtext()
    axis.set_major_formatter(
        lambda value, _: f"{value:,g}" if 1e-3 <= value <= 1e5 else powers(value)
    )
    powers.set_axis(axis)


def legend_below(figure: Figure, names: int, marks: Mapping[str, Any] | None = None) -> None:
    """The names below the chart, so many in a row, where they hide nothing; one needs none.

    `marks` says what is drawn for each name, where two panels would name it twice.
    """
    if names > 1:
        width, height = figure.get_size_inches()
        rows = -(-len(marks or range(names)) // names)
        figure.set_size_inches(width, height + 0.22 * rows)
        both = [list(marks.values()), list(marks)] if marks else []
        figure.legend(
            *both, loc="outside lower left", ncols=names, fontsize=8, frameon=False,
            handlelength=2.8, labelcolor=LIGHT["ink"], borderaxespad=0.2,
        )  # fmt: skip


def bars(
    title: str,
    unit: str,
    values: Mapping[str, int | float],
    *,
    words: str = "",
    marked: Sequence[str] = (),
    fmt: str = "{:.3g}",
    log: bool = False,
    width: int | float = 7.6,
) -> Picture:
    """Named values as horizontal bars, each with its number; `marked` ones are blue."""
    figure, (axes,) = panels((title, unit), height=0.75 + 0.27 * len(values), width=width)
    places = np.arange(len(values))[::-1]
    inks = [LIGHT["after" if name in marked or not marked else "before"] for name in values]
    axes.barh(places, list(values.values()), color=inks, height=0.62)
    for place, value in zip(places, values.values(), strict=True):
        axes.annotate(
            fmt.format(value), (max(value, 0) if not log else value, place), (4, 0), va="center",
            textcoords="offset points", fontsize=8, color=LIGHT["ink"],
        )  # fmt: skip
    axes.set_yticks(places, list(values))
    axes.tick_params(axis="y", labelsize=8.5, labelcolor=LIGHT["ink"])
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color=LIGHT["grid"], linewidth=0.7)
    if log:
        axes.set_xscale("log")
        plain(axes.xaxis)
    if fmt.endswith("%}"):
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.margins(x=0.14)
    axes.spines["bottom"].set_visible(False)
    said = "; ".join(f"{name} {fmt.format(value)}" for name, value in values.items())
    return Picture(figure, words or f"{title}: {said}")


def columns(
    title: str,
    unit: str,
    values: Mapping[str, Numbers],
    *,
    x_name: str,
    ticks: Sequence[str] | None = None,
    words: str = "",
    line: int | float | None = None,
    percent: bool = False,
    width: int | float = 7.6,
    height: int | float = 2.6,
) -> Picture:
    """Groups of upright bars side by side, one colour a name; `line` is a dashed level."""
    figure, (axes,) = panels((title, unit), height=height, width=width)
    count = len(next(iter(values.values())))
    step = 0.8 / len(values)
    for number, (name, heights) in enumerate(values.items()):
        places = np.arange(count) + (number - (len(values) - 1) / 2) * step
        axes.bar(places, heights, width=0.92 * step, color=LIGHT[INKS[number]], label=name)
    if line is not None:
        axes.axhline(line, color=LIGHT["ink"], linewidth=1, linestyle=(0, (4, 2)))
    axes.axhline(0, color=LIGHT["ink"], linewidth=0.8)
    axes.set_xlim(-0.6, count - 0.4)
    x_label(axes, x_name)
    if ticks is not None:
        axes.xaxis.set_major_locator(FixedLocator(list(range(count))))
        axes.set_xticklabels(ticks, fontsize=8)
    if percent:
        as_percent(axes)
    legend_below(figure, len(values))
    most = "; ".join(f"{name} from {min(v):.3g} to {max(v):.3g}" for name, v in values.items())
    return Picture(figure, words or f"{title}: {most}")
