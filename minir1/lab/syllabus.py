"""The course's exercises in one table, in exercises/README.md: `python -m minir1.lab.syllabus`.

One line a notebook: its answers with the points of each, their sum, the minutes that they are
meant to take, and the extras that they need.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from minir1.lab.course import ROOT
from minir1.lab.exercises import COURSE, NOTEBOOKS
from minir1.lab.grader.exercise import Exercise

PAGE = ROOT / "exercises" / "README.md"
PLACE = re.compile(r"(<!-- syllabus: begin -->\n).*?(<!-- syllabus: end -->)", re.DOTALL)
EXTRAS = {"triton": "kernels"}
"""The extra that brings a package."""


def line(notebook: str, exercises: Sequence[Exercise]) -> str:
    """The line of one notebook."""
    number, _, name = notebook.partition("_")
    answers = ", ".join(f"`{one.id}` {one.max_points}" for one in exercises)
    extras = sorted({EXTRAS[package] for one in exercises for package in one.packages})
    sums = (sum(one.max_points for one in exercises), sum(one.minutes for one in exercises))
    link = f"[{number} {name.replace('_', ' ')}]({notebook}.ipynb)"
    needs = ", ".join(f"`{extra}`" for extra in extras) or "-"
    return f"| {link} | {answers} | {sums[0]} | {sums[1]} | {needs} |"


def table() -> str:
    """All lines, and how much they come to."""
    lines = [
        "| notebook | answers, with points | points | minutes | extra |",
        "|---|---|---|---|---|",
    ]
    for notebook in NOTEBOOKS:
        lines.append(line(notebook, [one for one in COURSE if one.notebook == notebook]))
    points = sum(one.max_points for one in COURSE)
    free = sum(one.of is None for one in COURSE)
    hours = sum(one.minutes for one in COURSE) / 60
    lines += [
        "",
        f"{len(COURSE)} graded answers, {points} points, about {hours:.0f} hours. {free} of them "
        "are free: there is a rubric, and no function of the package to compare with.",
    ]
    return "\n".join(lines) + "\n"


def with_table(text: str) -> str:
    """The page with today's table."""
    return PLACE.sub(lambda found: found[1] + table() + found[2], text)


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
