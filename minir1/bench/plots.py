"""Saved rows as pictures: how cost grows, and reward against time.

Each picture is written twice: an SVG that follows the reader's theme, dark or light, and a PNG
on light paper. Both are drawn once, in the colours of the report (run/report/ink.py).
"""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from minir1.bench.clock import spread
from minir1.bench.race import smooth
from minir1.bench.rows import Row, latest
from minir1.run.report.ink import DARK, LIGHT, legend

AXES = {
    "batch": "sequences in the batch",
    "length": "tokens in a sequence",
    "experts": "routed experts",
    "width": "width of the model",
}
SIDES = {"train": ("training step", "after"), "decode": ("decode step", "blind")}


def write_all(rows: Iterable[Row], folder: Path) -> list[Path]:
    """Draw what the rows hold, and say which files were written."""
    kept = latest(rows)
    written: list[Path] = []
    cost = [one for one in kept if one["bench"] == "cost"]
    if cost:
        written += write(cost_figure(cost), folder / "cost")
    races = [one for one in kept if one["bench"] == "race"]
    if races:
        written += write(race_figure(races[-1]), folder / "race")
    return written


def cost_figure(rows: Sequence[Row]) -> Figure:
    """Milliseconds a step against each size, and what they would be at the best rate seen."""
    axes_here = [axis for axis in AXES if any(r["settings"]["axis"] == axis for r in rows)]
    figure = Figure(figsize=(2.6 * len(axes_here) + 0.6, 3.3), layout="constrained")
    panels = figure.subplots(1, len(axes_here), sharey=True, squeeze=False)[0]
    for axis, panel in zip(axes_here, panels, strict=True):
        mine = sorted(
            (row for row in rows if row["settings"]["axis"] == axis),
            key=lambda row: row["settings"]["value"],
        )
        style(panel)
        panel.set_xscale("log", base=2)
        panel.set_yscale("log")
        for side in SIDES:
            draw_cost(panel, mine, side, best_rate(rows, side))
        panel.xaxis.set_major_locator(FixedLocator([row["settings"]["value"] for row in mine]))
        panel.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        panel.xaxis.set_minor_locator(NullLocator())
        panel.set_xlabel(AXES[axis], fontsize=8.5, color=LIGHT["muted"])
    panels[0].yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
    panels[0].set_ylabel("milliseconds a step", fontsize=8.5, color=LIGHT["muted"])
    labels = panels[0].get_legend_handles_labels()
    figure.legend(
        *labels,
        loc="outside upper right",
        ncols=2,
        fontsize=8,
        frameon=False,
        labelcolor=LIGHT["ink"],
    )
    caption(figure, "How the cost of a step grows, one size at a time", machine(rows[0]))
    return figure


def best_rate(rows: Sequence[Row], side: str) -> float:
    """The most FLOPs a millisecond that this side reached at any size."""
    return max(
        row["settings"]["flops"][side] / spread(milliseconds(row["sides"][side]["repeats"]))[0]
        for row in rows
    )


def draw_cost(panel: Axes, rows: Sequence[Row], side: str, rate: float) -> None:
    """One line with its range; dashed, the time if every FLOP ran at the best rate seen."""
    label, color = SIDES[side][0], LIGHT[SIDES[side][1]]
    x = [row["settings"]["value"] for row in rows]
    spreads = [spread(milliseconds(row["sides"][side]["repeats"])) for row in rows]
    middle, low, high = zip(*spreads, strict=True)
    panel.fill_between(x, low, high, color=color, alpha=0.2, linewidth=0)
    panel.plot(x, middle, "o-", color=color, markersize=3.5, linewidth=1.6, label=label)
    flops = [row["settings"]["flops"][side] / rate for row in rows]
    panel.plot(x, flops, "--", color=color, linewidth=0.9, label=f"{label}: its FLOPs alone")


def milliseconds(repeats: Sequence[Mapping[str, float]]) -> list[float]:
    """Wall milliseconds of one step in each repeat."""
    return [1e3 * turn["seconds"] / turn.get("steps", 1.0) for turn in repeats]


def race_figure(race: Row) -> Figure:
    """Reward against CPU seconds; the line is the mean of the last steps, the dots are steps."""
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    panel = figure.subplots()
    style(panel)
    colors = (LIGHT["after"], LIGHT["blind"])
    for (name, side), color in zip(race["sides"].items(), colors, strict=True):
        x = [step["cpu_seconds"] for step in side["curve"]]
        y = [step["reward"] for step in side["curve"]]
        panel.scatter(x, y, s=8, color=color, alpha=0.35, linewidths=0)
        panel.plot(x, smooth(side["curve"]), color=color, linewidth=1.8, label=name)
    panel.set_ylim(bottom=0)
    panel.set_xlim(left=0)
    panel.set_xlabel("CPU seconds of training", fontsize=8.5, color=LIGHT["muted"])
    panel.set_ylabel("mean reward of a step", fontsize=8.5, color=LIGHT["muted"])
    legend(panel, "lower right")
    caption(figure, "The same base, task and settings: reward against time", machine(race))
    return figure


def machine(row: Row) -> str:
    """Where it was measured, and on which recipe."""
    device = row["device"]
    threads = f"{device['threads']} thread{'s' if device['threads'] > 1 else ''}"
    return f"{device['processor']}, {threads}; recipe {row['recipe']}"


def style(panel: Axes) -> None:
    """Few lines: a grid, and no box."""
    panel.set_facecolor("none")
    for spine in panel.spines.values():
        spine.set_visible(False)
    panel.tick_params(which="both", colors=LIGHT["muted"], labelsize=8, length=0)
    panel.grid(color=LIGHT["grid"], linewidth=0.7)
    panel.set_axisbelow(True)


def caption(figure: Figure, title: str, about: str) -> None:
    """A bold title, and under it what was measured where."""
    head = f"{title}\n"
    figure.suptitle(head, x=0.01, ha="left", fontsize=10.5, weight="bold", color=LIGHT["ink"])
    figure.text(0.01, 0.915, about, fontsize=8, color=LIGHT["muted"], va="top")


def write(figure: Figure, stem: Path) -> list[Path]:
    """`stem.svg` in both themes and `stem.png` in the light one."""
    png = stem.with_suffix(".png")
    FigureCanvasAgg(figure)
    figure.savefig(png, dpi=160, facecolor=LIGHT["paper"], metadata={"Software": None})
    return [write_svg(figure, stem), png]


def write_svg(figure: Figure, stem: Path) -> Path:
    """`stem.svg`, which follows the reader's theme; the same rows give the same bytes."""
    svg, text = stem.with_suffix(".svg"), io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": stem.name}):
        figure.savefig(text, format="svg", facecolor=LIGHT["paper"], metadata={"Date": None})
    svg.write_text(both_themes(text.getvalue()), encoding="utf-8")
    return svg


def both_themes(svg: str) -> str:
    """Colours as CSS variables that have a light and a dark value.

    >>> both_themes('<svg x="1"><path style="fill: #1c222b"/></svg>').count("var(--ink)")
    1
    """
    for name, color in LIGHT.items():
        svg = svg.replace(color, f"var(--{name})")

    def values(theme: Mapping[str, Any]) -> str:
        return "svg{" + "".join(f"--{name}:{color};" for name, color in theme.items()) + "}"

    css = f"{values(LIGHT)}@media (prefers-color-scheme:dark){{{values(DARK)}}}"
    return re.sub(r"(<svg[^>]*>)", rf"\1<style>{css}</style>", svg, count=1)
