"""How a chart looks, in both themes.

A chart is drawn once, in the light theme's colours. Its PNG keeps them. In its SVG each
colour is replaced by the CSS variable of the same name, and the page gives every
variable a light and a dark value. So a chart follows the reader's theme like the text
around it, with no second drawing and no script.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import matplotlib
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

LIGHT = {
    "paper": "#fdfcfa",
    "card": "#f5f2ec",
    "ink": "#1c222b",
    "muted": "#5d6673",
    "grid": "#dedad1",
    "before": "#7c8696",
    "after": "#1f5fd0",
    "blind": "#a65a05",
    "good": "#1b7a4b",
    "bad": "#b3362b",
}
DARK = {
    "paper": "#14171c",
    "card": "#1d2128",
    "ink": "#e8e6e1",
    "muted": "#9aa3b0",
    "grid": "#323841",
    "before": "#98a2b3",
    "after": "#7aa8ff",
    "blind": "#eaa556",
    "good": "#63c793",
    "bad": "#f0877c",
}
"""The colour-blind can tell before, after and blind apart by their lightness too."""
HEADING_INCHES = 0.4
"""Height of the two lines above a chart."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One chart, ready for the page."""

    svg: Markup
    png: str
    """Name of the file beside the page."""


def new_chart(title: str, unit: str, width: float, height: float) -> tuple[Figure, Axes]:
    """An empty chart. What the vertical axis shows and its unit stand at the top left."""
    figure = Figure(figsize=(width, height))
    room = HEADING_INCHES / height
    figure.set_layout_engine("constrained", rect=(0, 0, 1, 1 - room))
    figure.text(0.01, 0.985, title, va="top", fontsize=9.5, weight="bold", color=LIGHT["ink"])
    figure.text(0.01, 0.985 - 0.52 * room, unit, va="top", fontsize=8, color=LIGHT["muted"])
    axes = figure.subplots()
    tidy(axes)
    return figure, axes


def tidy(axes: Axes) -> None:
    """Leave of the axes only what a reader needs: a light grid, and numbers that are quiet."""
    axes.set_facecolor("none")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(LIGHT["grid"])
    axes.tick_params(which="both", colors=LIGHT["muted"], labelsize=8, length=0, pad=4)
    axes.yaxis.get_offset_text().set(color=LIGHT["muted"], fontsize=8)
    axes.grid(axis="y", color=LIGHT["grid"], linewidth=0.7)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(5))


def x_label(axes: Axes, text: str) -> None:
    """What the horizontal axis counts."""
    axes.set_xlabel(text, fontsize=8, color=LIGHT["muted"])


def legend(axes: Axes, place: Literal["best", "lower right"] = "best") -> None:
    """The names of the lines, without a box."""
    axes.legend(loc=place, fontsize=8, frameon=False, labelcolor=LIGHT["ink"])


def as_percent(axes: Axes) -> None:
    """Show shares as percent."""
    axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.6g}%")


def finish(figure: Figure, folder: Path, name: str, description: str) -> Picture:
    """Write `name.png` into `folder`, and return the chart with its SVG for the page."""
    FigureCanvasAgg(figure)
    figure.savefig(folder / f"{name}.png", dpi=160, facecolor=LIGHT["paper"])
    figure.set_layout_engine("none")  # keep the places found so far
    text = io.StringIO()
    # Text stays text: sharp, in the page's own font. The salt keeps ids of two charts apart.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    return Picture(Markup(_for_page(text.getvalue(), description)), f"{name}.png")


def _for_page(svg: str, description: str) -> str:
    """An SVG file as part of a page: fluid width, the page's font and colours, a description."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    used = set(re.findall(r"(?:url\(#|href=\"#)([^\")]+)", svg))
    svg = re.sub(
        r' id="([^"]+)"', lambda found: found.group() if found.group(1) in used else "", svg
    )
    # The two ways in which matplotlib versions name a font.
    svg = re.sub(r"font-family: [^;\"]+", "font-family: var(--sans)", svg)
    svg = re.sub(r"font: ([\d.]+px) [^;\"]+", r"font: \1 var(--sans)", svg)
    svg = svg.replace("xlink:href", "href")
    for name, color in LIGHT.items():
        svg = svg.replace(color, f"var(--{name})")
    view = re.search(r'viewBox="[^"]+"', svg)
    assert view is not None, "matplotlib's SVG has a viewBox"
    body = svg[svg.index(">") + 1 :]
    label = escape(description)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {view.group()} role="img"'
    return f'{head} aria-label="{label}">{body}'
