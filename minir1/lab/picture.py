"""What a cell shows: a picture with its words, a table, or sentences.

A picture is drawn once, on paper of its own, so it reads the same on a light and on a dark
page. Its words say what is to be seen: for who can't see it, and for a reader of the text.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from minir1.run.report.ink import LIGHT, tidy

DPI = 144
"""Sharp on a screen with twice the points; shown at two thirds of its pixels."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure and what it shows, in one sentence."""

    figure: Figure
    words: str

    def png(self) -> bytes:
        """The picture as a file; the same bytes each time."""
        file = io.BytesIO()
        self.figure.savefig(
            file, format="png", dpi=DPI, facecolor=LIGHT["paper"], metadata={"Software": None}
        )
        return file.getvalue()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        width = round(self.figure.get_figwidth() * DPI / 1.5)
        data = {"image/png": base64.b64encode(self.png()).decode(), "text/plain": self.words}
        return data, {"image/png": {"width": width}}


def panels(
    *titles: tuple[str, str], height: float, width: float = 9.4
) -> tuple[Figure, list[Axes]]:
    """Empty charts side by side, each under its title and the unit of its vertical axis."""
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.get_layout_engine().set(wspace=0.06)  # pyright: ignore
    row = list(figure.subplots(1, len(titles), squeeze=False)[0])
    for axes, (title, unit) in zip(row, titles, strict=True):
        tidy(axes)
        axes.annotate(
            title, (0, 1), (0, 19), xycoords="axes fraction", textcoords="offset points",
            fontsize=9.5, weight="bold", color=LIGHT["ink"],
        )  # fmt: skip
        axes.annotate(
            unit, (0, 1), (0, 7), xycoords="axes fraction", textcoords="offset points",
            fontsize=8, color=LIGHT["muted"],
        )  # fmt: skip
    return figure, row


@dataclass(frozen=True, slots=True)
class Note:
    """Computed sentences."""

    text: str

    def _repr_markdown_(self) -> str:
        return self.text

    __repr__ = _repr_markdown_


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head. JupyterLab draws it; elsewhere it is text.

    >>> Table(("hop", "file"), [("loss", "rl/loss.py")])
    | hop | file |
    |---|---|
    | loss | rl/loss.py |
    """

    head: Sequence[str]
    rows: Sequence[Sequence[object]]

    def _repr_markdown_(self) -> str:
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        return "\n".join(_line(line) for line in lines)

    __repr__ = _repr_markdown_


def _line(cells: Sequence[object]) -> str:
    if all(cell == "---" for cell in cells):
        return f"|{'|'.join(map(str, cells))}|"
    return f"| {' | '.join(str(cell).replace('|', '&#124;') for cell in cells)} |"
