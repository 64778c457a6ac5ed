"""Tokens as boxes: a sequence of words, each with its id below or with a colour for its value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize, to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from minir1.lab.picture import Picture
from minir1.run.report.ink import LIGHT

WIDTH = 9.4
"""Inches of a line of boxes."""
FONT = {"family": "DejaVu Sans Mono", "size": 8.5, "color": LIGHT["ink"]}
CHARACTER, PADDING, HEIGHT, GAP, TOP = 0.0715, 0.13, 0.25, 0.05, 0.34
"""Inches: of a character, around a word, of a box, between boxes, and above the first line."""
DOWN_UP = LinearSegmentedColormap.from_list("down_up", ["#e0a056", LIGHT["paper"], "#79a5f2"])
"""From orange (down) over paper to blue (up); dark text can be read on all of it."""
UP = LinearSegmentedColormap.from_list("up", [LIGHT["paper"], "#79a5f2"])


def strip(
    words: Sequence[str],
    *,
    title: str,
    below: Sequence[object] = (),
    values: Sequence[float] | np.ndarray | None = None,
    unit: str = "",
    key: str = "",
) -> Picture:
    """Words as boxes, over several lines if need be.

    `below` is written under each box, `values` colour the boxes; their `unit` names the scale.
    Where the values are kinds and no numbers, a `key` says in words what each colour is.
    """
    places = flow([max(len(word), len(str(b))) for word, b in _pairs(words, below)])
    line_height = HEIGHT + (0.2 if below else 0) + GAP
    room = 0.36 if key else 0.62 if values is not None else 0.06
    height = TOP + (places[-1][0] + 1) * line_height + room
    needed = max(x + width for _, x, width in places) + 0.05
    figure, axes = new_sheet(
        max(needed, 0.1 * len(title), 0.07 * len(unit) + 2.6, 0.065 * len(key)), height
    )
    heading(axes, title)
    colors, scale = _colors(values, len(words))
    for (line, x, width), (word, note), color in zip(
        places, _pairs(words, below), colors, strict=True
    ):
        y = TOP + line * line_height
        box(axes, x, y, width, word, color)
        middle = (x + width / 2, y + HEIGHT + 0.1)
        axes.text(*middle, str(note), ha="center", va="center", fontsize=7, color=LIGHT["muted"])
    if key:
        axes.text(0.03, height - 0.18, key, fontsize=8, va="center", color=LIGHT["muted"])
    elif scale is not None:
        _scale_bar(figure, axes, scale, unit)
    return Picture(figure, f"{title}: {' '.join(words)}")


def _scale_bar(figure: Figure, axes: Axes, scale: ScalarMappable, unit: str) -> None:
    """What the colours mean, at the lower left."""
    width, height = figure.get_size_inches()
    place = (0.12 / width, 0.34 / height, 2.2 / width, 0.09 / height)
    bar = figure.colorbar(scale, cax=figure.add_axes(place), orientation="horizontal")
    bar.outline.set_visible(False)  # pyright: ignore
    bar.ax.tick_params(labelsize=7, colors=LIGHT["muted"], length=2)
    axes.text(2.5, height - 0.3, unit, fontsize=8, va="center", color=LIGHT["muted"])


def flow(lengths: Sequence[int], room: float = WIDTH) -> list[tuple[int, float, float]]:
    """The line, the left edge and the width of each box, for words of these lengths.

    >>> [line for line, _, _ in flow([20] * 8)]
    [0, 0, 0, 0, 0, 1, 1, 1]
    """
    places, line, x = [], 0, 0.03
    for length in lengths:
        width = length * CHARACTER + PADDING
        if x + width > room - 0.03:
            line, x = line + 1, 0.03
        places.append((line, x, width))
        x += width + GAP
    return places


def box(axes: Axes, x: float, y: float, width: float, word: str, color: str) -> None:
    """One token."""
    frame = Rectangle(
        (x, y), width, HEIGHT, facecolor=color, edgecolor=LIGHT["grid"], linewidth=0.8
    )
    axes.add_patch(frame)
    axes.text(x + width / 2, y + HEIGHT / 2, word, ha="center", va="center_baseline", **FONT)


def new_sheet(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure whose axes count inches from the upper left corner."""
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    return figure, axes


def heading(axes: Axes, title: str) -> None:
    """The title of a sheet."""
    axes.text(0.03, 0.16, title, fontsize=9.5, weight="bold", va="center", color=LIGHT["ink"])


def _pairs(words: Sequence[str], below: Sequence[object]) -> list[tuple[str, object]]:
    return list(zip(words, below or [""] * len(words), strict=True))


def _colors(
    values: Sequence[float] | np.ndarray | None, count: int
) -> tuple[list[str], ScalarMappable | None]:
    """A colour for each value; values of both signs share a scale with 0 in its middle."""
    if values is None:
        return [LIGHT["card"]] * count, None
    numbers = np.asarray(values, dtype=float)
    most = max(1e-9, float(np.abs(numbers).max()))
    both = bool((numbers < 0).any() and (numbers > 0).any())
    low = -most if both or numbers.min() < 0 else 0.0
    high = most if both or low == 0.0 else 0.0
    map_ = DOWN_UP if both else UP if low == 0.0 else UP.reversed()
    scale = ScalarMappable(Normalize(low, high), map_)
    return [to_hex(color) for color in scale.to_rgba(numbers)], scale
