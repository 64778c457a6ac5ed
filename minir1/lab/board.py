"""The progress board: what a learner has earned, kept in a file beside the notebooks.

The file is written whole or not at all, so that a kernel that dies leaves the last good record.
The best result of each exercise counts; to try something else afterwards costs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from minir1.lab.capstone.rubric import CAPSTONE
from minir1.lab.course import RECORD
from minir1.lab.exercises import COURSE
from minir1.lab.grader.outcome import Outcome
from minir1.lab.words import Words
from minir1.run.whole import write_text

Entry = dict[str, Any]
"""Of one exercise: points, max_points, status, checks, hints, solution_seen, first, solved."""
EMPTY: Entry = {"points": 0, "status": "", "checks": 0, "hints": 0, "solution_seen": False}


def read(folder: Path) -> dict[str, Entry]:
    """The record in a work folder; empty if there is none."""
    path = folder / RECORD
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): EMPTY | entry for name, entry in found.items()}
    except (ValueError, TypeError, AttributeError) as error:
        cure = "remove it, and `minir1 grade` says again what your answers are worth"
        raise ValueError(f"{path} can't be read ({error}): {cure}") from error


def write(folder: Path, record: Mapping[str, Entry]) -> None:
    """Write the record, whole or not at all."""
    write_text(folder / RECORD, json.dumps(record, indent=1, sort_keys=True) + "\n")


def note(folder: Path, outcome: Outcome) -> None:
    """Add the result of one check."""
    record = read(folder)
    entry = EMPTY | record.get(outcome.exercise, {})
    now = datetime.now(UTC).isoformat(timespec="seconds")
    entry.setdefault("first", now)
    entry["checks"] += 1
    if outcome.points >= entry["points"]:
        entry |= {"points": outcome.points, "status": str(outcome.status)}
    if outcome.points == outcome.max_points:
        entry.setdefault("solved", now)
    write(folder, record | {outcome.exercise: entry})


def change(folder: Path, name: str, **values: Any) -> Entry:
    """Set fields of one exercise's entry, such as the hints that were opened."""
    record = read(folder)
    entry = EMPTY | record.get(name, {}) | values
    write(folder, record | {name: entry})
    return entry


@dataclass(frozen=True, slots=True)
class Board:
    """All exercises and the capstone, or those of one notebook, with what was earned."""

    folder: Path
    notebook: str
    words: Words

    def rows(self) -> list[tuple[str, ...]]:
        """A row an exercise: name, points, difficulty, importance, minutes, needs, state."""
        record, say = read(self.folder), self.words.say
        rows, got, most = [], 0, 0
        for one in (*COURSE, CAPSTONE):
            if self.notebook not in ("", one.notebook):
                continue
            entry = EMPTY | record.get(one.id, {})
            state = say(f"status.{entry['status']}") if entry["status"] else say("board.new")
            if entry["solution_seen"]:
                state += f", {say('board.seen')}"
            points = f"{entry['points']}/{one.max_points}"
            rating = (f"{one.difficulty}/5", f"{one.importance}/5", str(one.minutes))
            rows.append((f"`{one.id}`", points, *rating, ", ".join(one.needs), state))
            got, most = got + entry["points"], most + one.max_points
        return [*rows, (f"**{say('board.total')}**", f"**{got}/{most}**", *[""] * 5)]

    def _repr_markdown_(self) -> str:
        names = ("exercise", "points", "difficulty", "importance", "minutes", "needs", "state")
        head = [self.words.say(f"board.{name}") for name in names]
        lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * 7, *self.rows())]
        kept = self.words.say("board.kept", path=RECORD)
        return f"**{self.words.say('board.title')}**\n\n" + "\n".join(lines) + f"\n\n{kept}"

    __repr__ = _repr_markdown_
