"""Where the course lies: its notebooks, its solutions, and a learner's own work.

    exercises/NAME.ipynb   as the course gives it        work/NAME.ipynb     the learner's own
    solutions/src/NAME.py  the source of both            work/progress.json  what was earned

The work folder is the current one if it holds exercises or a record, as in JupyterLab, where a
notebook runs in its own folder; otherwise `work/` beside the course. MINIR1_WORK names another.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path

from minir1.lab.exercises import NOTEBOOKS
from minir1.lab.grader.answer import cells_of, find
from minir1.lab.grader.exercise import Exercise
from minir1.lab.source import fill

ROOT = Path(__file__).parents[2]
VARIABLE = "MINIR1_WORK"
RECORD = "progress.json"


def work_folder() -> Path:
    """The folder of the learner's own notebooks."""
    if asked := os.environ.get(VARIABLE, ""):
        return Path(asked)
    here = Path.cwd()
    mine = (here / RECORD).exists() or any((here / f"{name}.ipynb").exists() for name in NOTEBOOKS)
    return here if mine and here not in (ROOT / "exercises", ROOT / "solutions") else ROOT / "work"


def solution_of(exercise: Exercise) -> str:
    """The text of an exercise's solution; empty where the course came without solutions."""
    source = ROOT / "solutions" / "src" / f"{exercise.notebook}.py"
    return _answers(source).get(exercise.id, "") if source.exists() else ""


@functools.cache
def _answers(source: Path) -> dict[str, str]:
    """The answer cells of a solution's source, by the name of the function."""
    from minir1.lab.exercises import COURSE

    cells = [fill(cell, solved=True).strip() + "\n" for cell in cells_of(source)]
    names = [exercise.id for exercise in COURSE if exercise.notebook == source.stem]
    return {name: find(cells, name).text for name in names}


def wrong_solutions(exercise: Exercise) -> dict[str, str]:
    """The text of each classic mistake, by its name."""
    right = solution_of(exercise)
    return {name: edit.apply(right) for name, edit in exercise.mistakes.items()} if right else {}
