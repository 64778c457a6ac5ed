"""Maps: a table of numbers as coloured fields, one or several side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from minir1.lab.picture import Picture, panels
from minir1.lab.tokens import DOWN_UP, UP
from minir1.run.report.ink import LIGHT, x_label


def heat(
    parts: Mapping[str, np.ndarray],
    *,
    unit: str,
    x_name: str,
    y_name: str = "",
    rows: Sequence[str] | None = None,
    cols: Sequence[str] | None = None,
    words: str,
    limits: tuple[float, float] | None = None,
    fmt: str = "",
    height: int | float = 2.9,
    width: int | float = 9.4,
) -> Picture:
    """One or more maps side by side, on one colour scale; both signs: orange to blue.

    With `fmt`, such as ".1f", each field shows its number.
    """
    figure, row = panels(*((title, unit) for title in parts), height=height, width=width)
    least = min(float(np.nanmin(part)) for part in parts.values())
    most = max(float(np.nanmax(part)) for part in parts.values())
    size = max(abs(least), abs(most), 1e-9)
    low, high = limits or ((-size, size) if least < 0 else (0.0, size))
    norm, colors = Normalize(low, high), DOWN_UP if low < 0 else UP
    scale = ScalarMappable(norm, colors)
    for axes, part in zip(row, parts.values(), strict=True):
        axes.imshow(part, cmap=colors, norm=norm, aspect="auto", interpolation="none")
        axes.grid(visible=False)
        x_label(axes, x_name)
        _names(axes, rows, cols)
        for (down, across), value in np.ndenumerate(part) if fmt else ():
            axes.text(across, down, format(value, fmt), ha="center", va="center", fontsize=8)
    row[0].set_ylabel(y_name, fontsize=8, color=LIGHT["muted"])
    _scale(figure, row, scale)
    return Picture(figure, words)


def _names(axes: Axes, rows: Sequence[str] | None, cols: Sequence[str] | None) -> None:
    if rows is not None:
        axes.set_yticks(range(len(rows)), rows, fontsize=8)
    if cols is not None:
        axes.set_xticks(range(len(cols)), cols, fontsize=7, rotation=90 if len(cols) > 12 else 0)


def _scale(figure: Figure, row: list[Axes], scale: ScalarMappable) -> None:
    bar = figure.colorbar(scale, ax=row, shrink=0.9, aspect=24, pad=0.02)
    bar.outline.set_visible(False)  # pyright: ignore
    bar.ax.tick_params(labelsize=7, colors=LIGHT["muted"], length=2)
