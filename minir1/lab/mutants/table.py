"""The kill table: run every mutant and every right answer of an exercise through the grader.

A row says what was tried and how it ended. A mutant by hand must be rejected, and the message
must name it. An automatic one must be rejected, unless the exercise says why it changes nothing.
A right answer must get all points, on more than one seed.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import pickle
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from minir1.lab.course import ROOT, solution_of, wrong_solutions
from minir1.lab.grader.answer import cells_of, judge
from minir1.lab.grader.exercise import Exercise
from minir1.lab.grader.grade import grade
from minir1.lab.grader.outcome import Status
from minir1.lab.grader.worker import Reply, Worker
from minir1.lab.mutants.automatic import mutants

MOST_AUTOMATIC = 24
"""Automatic mutants of one exercise; of a longer list, those whose hashes come first."""
RIGHT_SEEDS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Row:
    """One answer that was tried."""

    exercise: str
    made: str
    """"by hand", "automatic" or "right"."""
    name: str
    status: str
    points: int
    max_points: int
    said: str = ""
    """The mistake that the message named."""
    reason: str = ""
    """Why a mutant that survives is no mutant."""

    @property
    def ok(self) -> bool:
        """Whether the grader did what it should."""
        full = self.points == self.max_points
        if self.made == "right":
            return full
        if self.made == "automatic":
            return full == bool(self.reason)
        return not full and self.said == self.name


def tries(exercise: Exercise) -> Iterator[tuple[str, str, str]]:
    """(made, name, text) of every answer to try."""
    text = solution_of(exercise)
    for name, wrong in wrong_solutions(exercise).items():
        yield "by hand", name, wrong
    every = mutants(text)
    order = sorted(every, key=lambda one: hashlib.sha256(one.label.encode()).digest())
    chosen = set(order[:MOST_AUTOMATIC])
    for mutant in every:
        if mutant in chosen:
            yield "automatic", mutant.label, mutant.text
    for name, right in right_answers(exercise):
        yield "right", name, right


def right_answers(exercise: Exercise) -> Iterator[tuple[str, str]]:
    """The solution, the package's function, and the other ways in `solutions/other/`."""
    yield "solution", solution_of(exercise)
    if exercise.of is not None and not exercise.asks_for_kernel:  # which is plain torch
        yield "package", package_text(exercise)
    other = ROOT / "solutions" / "other" / f"{exercise.id}.py"
    if other.exists():
        found = [cell for cell in cells_of(other) if cell.strip()]
        yield from ((f"other {number}", cell) for number, cell in enumerate(found, 1))


def package_text(exercise: Exercise) -> str:
    """The package's own file as an answer; a method is put below it as a plain function."""
    of = inspect.unwrap(exercise.of)  # pyright: ignore
    home = sys.modules[of.__module__]
    text = inspect.getsource(home).replace("__file__", repr(home.__file__))
    if of.__qualname__ != of.__name__:
        text += "\n\n" + textwrap.dedent(inspect.getsource(of))
    return text


class Remembering(Worker):
    """A worker that runs the same job once: the wrong solutions of an exercise come often."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[bytes, Reply] = {}

    def ask(self, job: dict[str, Any], wall_s: float) -> Reply:
        key = pickle.dumps(job)
        if key not in self.known:
            self.known[key] = super().ask(job, wall_s)
        return self.known[key]


def attempt(exercise: Exercise, made: str, name: str, text: str, worker: Worker) -> Row:
    """Grade one of the tries."""
    wrong = wrong_solutions(exercise) if made == "by hand" else {}
    points, status, said = exercise.max_points, Status.RIGHT, ""
    for seed in RIGHT_SEEDS if made == "right" else RIGHT_SEEDS[:1]:
        outcome = grade(exercise, judge(text, exercise.id), worker, wrong=wrong, seed=seed)
        if outcome.points < points:
            points, status, said = outcome.points, outcome.status, outcome.mistake
    reason = exercise.same.get(name, "") if made == "automatic" else ""
    return Row(exercise.id, made, name, str(status), points, exercise.max_points, said, reason)


def render(rows: Sequence[Row]) -> str:
    """The table that is committed beside the solutions."""
    head = ("exercise", "by hand: rejected", "of these named", "automatic: rejected", "no mutant",
            "right: accepted")  # fmt: skip
    lines = [head, ["---"] * len(head)]
    total = [0] * 8
    for name in dict.fromkeys(row.exercise for row in rows):
        counts = count([row for row in rows if row.exercise == name])
        total = [a + b for a, b in zip(total, counts, strict=True)]
        lines.append((f"`{name}`", *cells(counts)))
    lines.append(("**together**", *cells(total)))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def count(rows: Sequence[Row]) -> list[int]:
    """Tried and rejected by hand, named; tried and rejected automatic, no mutants; right ones."""
    hand, automatic, right = (
        [row for row in rows if row.made == made] for made in ("by hand", "automatic", "right")
    )
    lost = [[row for row in group if row.points < row.max_points] for group in (hand, automatic)]
    named = sum(row.said == row.name for row in hand)
    same = sum(bool(row.reason) for row in automatic)
    accepted = sum(row.ok for row in right)
    return [
        len(hand),
        len(lost[0]),
        named,
        len(automatic),
        len(lost[1]),
        same,
        len(right),
        accepted,
    ]


def cells(counts: Sequence[int]) -> list[str]:
    """The counts as the cells of one line."""
    hand, lost, named, automatic, killed, same, right, accepted = counts
    return [f"{lost} of {hand}", f"{named}", f"{killed} of {automatic - same}", f"{same}",
            f"{accepted} of {right}"]  # fmt: skip


def write(rows: Sequence[Row], path: Path) -> None:
    """The rows as JSON lines."""
    lines = [json.dumps(asdict(row)) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read(path: Path) -> list[Row]:
    """The rows of a file that `write` made; none if it is not there."""
    if not path.exists():
        return []
    return [Row(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
