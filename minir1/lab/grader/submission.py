"""A notebook, a folder of notebooks, a class of folders: which answers there are to grade.

    FILE             one notebook, or a Python file with answers
    FOLDER           one learner's notebooks
    FOLDER of those  a class: one folder a learner
    FOLDER/capstone  a task of the learner's own, its runs and its report

A notebook belongs to the course's exercises by its name, such as `07_advantages_and_losses.ipynb`;
one of another name by the functions that it defines. An exercise without an answer scores 0, and so
do those of a damaged notebook in a folder: one torn file is no end of a class.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from minir1.lab.capstone.check import grade_capstone, is_capstone
from minir1.lab.capstone.rubric import CAPSTONE
from minir1.lab.course import wrong_solutions
from minir1.lab.exercises import COURSE, NOTEBOOKS
from minir1.lab.grader.answer import Answer, cells_of, find
from minir1.lab.grader.exercise import Exercise, Part
from minir1.lab.grader.grade import grade
from minir1.lab.grader.outcome import Outcome
from minir1.lab.grader.worker import Worker

SUFFIXES = (".ipynb", ".py")


@dataclass(frozen=True, slots=True)
class Graded:
    """One exercise of one learner."""

    learner: str
    exercise: Exercise
    outcome: Outcome

    def row(self) -> dict[str, Any]:
        """The result as plain JSON values."""
        named = {"learner": self.learner} if self.learner else {}
        fault = self.outcome.first_fault
        return named | {
            "notebook": self.exercise.notebook,
            "exercise": self.exercise.id,
            "points": self.outcome.points,
            "max_points": self.outcome.max_points,
            "status": str(self.outcome.status),
            "mistake": self.outcome.mistake,
            "first_fault": fault.name if fault else "",
            "seconds": round(self.outcome.seconds, 3),
            "seed": self.outcome.seed,
        }


def learners(path: Path) -> dict[str, list[Path]]:
    """The notebooks of each learner; the name is empty where there is only one."""
    if not path.exists():
        raise ValueError(f"{path} does not exist: give a notebook, or a folder that holds some")
    if path.is_file():
        return {"": [path]}
    own = notebooks_in(path)
    if own:
        return {"": own}
    found = {one.name: notebooks_in(one) for one in sorted(path.iterdir()) if one.is_dir()}
    found = {name: notebooks for name, notebooks in found.items() if notebooks}
    found |= {name: [] for name in capstones(path) if name not in found}
    if not found:
        example = f"{NOTEBOOKS[0]}.ipynb"
        raise ValueError(
            f"{path} holds no exercise notebook such as {example}: `minir1 lab` copies some"
        )
    return found


def capstones(path: Path) -> dict[str, Path]:
    """The capstone of each learner: the folder itself, one inside it, or one a learner."""
    if not path.is_dir():
        return {}
    places = {"": path, "*": path / CAPSTONE.id}
    for name, place in places.items():
        if is_capstone(place):
            return {name.strip("*"): place}
    inside = {one.name: one / CAPSTONE.id for one in sorted(path.iterdir()) if one.is_dir()}
    return {name: place for name, place in inside.items() if is_capstone(place)}


def notebooks_in(folder: Path) -> list[Path]:
    """The exercise notebooks of a folder, by their names in the course."""
    found = []
    for name in NOTEBOOKS:
        files = [folder / f"{name}{suffix}" for suffix in SUFFIXES]
        found += [file for file in files if file.is_file()][:1]
    return found


def answers(files: Sequence[Path], *, damaged: bool) -> Iterator[tuple[Exercise, Answer]]:
    """The answer to each exercise that the files are about, in the course's order.

    Where `damaged` files may be among them, their exercises have an answer that says so.
    """
    cells, faults = dict[str, list[str]](), dict[str, str]()
    for file in files:
        try:
            cells[file.stem] = cells_of(file)
        except ValueError as error:
            if not damaged:
                raise
            faults[file.stem] = str(error).replace(str(file), file.name)  # it fits a table's cell
    every = [cell for one in cells.values() for cell in one]
    for exercise in COURSE:
        if exercise.notebook in faults:
            yield exercise, Answer("", "unreadable", detail=faults[exercise.notebook])
            continue
        answer = find(cells.get(exercise.notebook, every), exercise.id)
        if exercise.notebook in cells or answer.state != "missing":
            yield exercise, answer


def grade_all(
    path: Path, worker: Worker, hidden: Mapping[str, Sequence[Part]], seed: int | None = None
) -> Iterator[Graded]:
    """Grade every answer under `path`, learner by learner."""
    tasks = capstones(path)
    for learner, files in learners(path).items():
        found = list(answers(files, damaged=path.is_dir()))
        if not found and learner not in tasks:
            names = ", ".join(file.name for file in files)
            raise ValueError(f"{names} answers no exercise of the course: see `minir1 lab`")
        for exercise, answer in found:
            outcome = grade(
                exercise,
                answer,
                worker,
                wrong=wrong_solutions(exercise),
                hidden=hidden.get(exercise.id, ()),
                seed=seed,
            )
            yield Graded(learner, exercise, outcome)
        if learner in tasks:
            yield Graded(learner, CAPSTONE, grade_capstone(tasks[learner], worker))


def write_gradebook(graded: Sequence[Graded], file: TextIO) -> None:
    """One line a learner: the points of each exercise, their sum, and what was possible."""
    names = list(dict.fromkeys(one.exercise.id for one in graded))
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["learner", *names, "points", "max_points"])
    most = sum({one.exercise.id: one.outcome.max_points for one in graded}.values())
    for learner in dict.fromkeys(one.learner for one in graded):
        got = {one.exercise.id: one.outcome.points for one in graded if one.learner == learner}
        table.writerow([learner, *(got.get(name, 0) for name in names), sum(got.values()), most])
