"""The learner's report, `report.md`: its sections, and the figures in its table.

    ## Figures
    | figure | value | verdict |
    |---|---|---|
    | base | 0.080 | |
    | gain | 0.480 [0.420, 0.540] | better |

A comment `<!-- ... -->` is no text: a section that holds nothing else is still to be written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NAME = "report.md"
MAX_BYTES = 200_000
SECTIONS = ("task", "attacks", "figures", "doctor", "limits", "model card")
"""The headings, by a word that each has in it."""
FIGURES = ("base", "after rl", "gain", "control", "over the control", "dollars")
VERDICTS = ("better", "worse", "not shown")

_HEADING = re.compile(r"^##\s+(.+?)\s*$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: its numbers, and the word of its verdict."""

    numbers: tuple[float, ...]
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A report taken apart."""

    sections: Mapping[str, str]
    figures: Mapping[str, Figure]


def read_paper(folder: Path) -> Paper:
    """The report in a capstone's folder; an empty one if there is none."""
    file = folder / NAME
    if not file.is_file() or file.stat().st_size > MAX_BYTES:
        return Paper({}, {})
    return take_apart(file.read_text(encoding="utf-8", errors="replace"))


def take_apart(text: str) -> Paper:
    """The sections of a text, and the figures of its table.

    >>> paper = take_apart("## Figures\\n| gain | 0.48 [0.42, 0.54] | Better |\\n## Limits\\n")
    >>> paper.figures["gain"], paper.sections["limits"]
    (Figure(numbers=(0.48, 0.42, 0.54), verdict='better'), '')
    """
    pieces = _HEADING.split(_COMMENT.sub("", text))
    sections = {}
    for heading, body in zip(pieces[1::2], pieces[2::2], strict=True):
        for name in SECTIONS:
            if name in heading.lower():
                sections.setdefault(name, body.strip())
    return Paper(sections, figures_of(sections.get("figures", "")))


def figures_of(table: str) -> dict[str, Figure]:
    """The lines of a table whose first cell names a figure and whose second holds numbers."""
    found = {}
    for line in table.splitlines():
        cells = [cell.strip(" *`") for cell in line.strip().strip("|").split("|")]
        name = cells[0].lower()
        if name in FIGURES and len(cells) > 1:
            value = cells[1].replace("\N{MINUS SIGN}", "-").replace("$", "")
            numbers = tuple(float(number) for number in _NUMBER.findall(value))
            found[name] = Figure(numbers, cells[2].lower() if len(cells) > 2 else "")
    return found
