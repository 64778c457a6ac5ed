"""The rubric of the capstone: 25 points that a machine can pay, and a part for a reader.

    the task          4 + 6    loads, is drawn by its seed, splits by its key; pays the right alone
    the base          2        right now and then: 3% to 80%, so that groups differ
    the run           3        finished, on this very task, and paid for
    the comparison    5        same held-out problems, judged again; a control; the right verdict
    the report        5        figures of the run, the doctor answered
    honest limits     -        for a reader

A gain is not asked for. A run that shows no gain, says so and bounds it, earns every point.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from minir1.lab.capstone.ask import Fact
from minir1.lab.grader.exercise import Case, Draw, Exercise, Part
from minir1.lab.grader.outcome import PartOutcome, Status

POINTS: Mapping[str, int] = {
    "task": 1,
    "seeds": 1,
    "split": 2,
    "golds": 1,
    "pays": 2,
    "hostile": 1,
    "near": 1,
    "changed": 1,
    "base": 2,
    "finished": 1,
    "same_task": 1,
    "ledger": 1,
    "evaluated": 2,
    "control": 2,
    "verdicts": 1,
    "figures": 1,
    "gains": 1,
    "cost": 1,
    "doctor": 2,
    "limits": 0,
}
"""Each part and what it is worth; 0 is for a reader."""


def no_cases(draw: Draw) -> Iterable[Case]:
    """A part of the capstone is no call: check.py looks at files and runs."""
    return ()


CAPSTONE = Exercise(
    of=None,
    name="capstone",
    notebook="17_capstone",
    difficulty=5,
    importance=5,
    minutes=240,
    parts=tuple(Part(name, points, no_cases) for name, points in POINTS.items()),
    mistakes={},
)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one part: a key of the word table under capstone.faults, or "" if right."""

    said: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    status: Status = Status.WRONG_VALUE


RIGHT = Found()


def fault(said: str, **values: Any) -> Found:
    """A part that is not right."""
    return Found(said, values)


def not_done(what: str) -> Found:
    """A part that is still to be done."""
    return Found("not_done", {"what": what}, Status.NOT_DONE)


def broken(fact: Fact, what: str) -> Found:
    """A part whose asking ended early: a crash, a hang, a hole."""
    if fact.status is Status.NOT_DONE:
        return not_done(what)
    told = f"{fact.error['type']}: {fact.error['message']}" if "message" in fact.error else what
    return Found("broken", {"what": told}, fact.status)


def outcome(name: str, found: Found) -> PartOutcome:
    """A part with its points."""
    most = POINTS[name]
    if not most:
        return PartOutcome(name, 0, 0, Status.NOT_HERE, said="capstone.for_a_reader")
    if not found.said:
        return PartOutcome(name, most, most, Status.RIGHT)
    said = f"capstone.faults.{found.said}"
    return PartOutcome(name, 0, most, found.status, error=found.values, said=said)
