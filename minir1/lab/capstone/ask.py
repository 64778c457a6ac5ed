"""Ask something of a learner's task or files, in a process of its own.

    ask_all(worker, "checked", [(file, "split")])  ->  [Fact(value)] or [Fact(status, error)]

The request goes through the grader's nursery like any answer: limits on processor time and
memory, an empty environment, killed when it is late. What comes back is plain data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from minir1.lab.grader.exercise import Case
from minir1.lab.grader.grade import crash
from minir1.lab.grader.outcome import Status
from minir1.lab.grader.worker import MEMORY_BYTES, Reply, Worker

CPU_S = 15.0
"""Processor seconds of one child; all checks of a task take two or three."""
WALL_TIMES = 4
UNWRITTEN = "NotImplementedError"


@dataclass(frozen=True, slots=True)
class Fact:
    """What came back, or how the asking ended."""

    value: Any = None
    status: Status = Status.RIGHT
    error: dict[str, Any] = field(default_factory=dict)


def ask_all(worker: Worker, name: str, cases: Sequence[tuple[Any, ...]]) -> list[Fact]:
    """Call it once a case, all in one child. Who comes after a hang or an exit gets a new child;
    after two of them, the others are taken to end in the same way."""
    found: list[Fact] = []
    ended = 0
    while len(found) < len(cases) and ended < 2:
        left = cases[len(found) :]
        reply = worker.ask(job(name, left), WALL_TIMES * CPU_S)
        told = [one for one in reply.records if "ready" not in one and "done" not in one]
        found += [fact(record, reply) for record in told[: len(left)]]
        if len(told) < len(left):
            found.append(fact(None, reply))  # it ended in the middle of this one
            ended += 1
    return found + found[-1:] * (len(cases) - len(found))


def job(name: str, cases: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    """What the nursery is asked to run."""
    return {
        "texts": [f"from minir1.lab.capstone.inside import {name}\n"],
        "name": name,
        "home": "",
        "cases": [Case(args) for args in cases],
        "cpu_s": CPU_S,
        "memory_bytes": MEMORY_BYTES,
    }


def fact(record: dict[str, Any] | None, reply: Reply) -> Fact:
    """One record of the child as a fact."""
    answer = record.get("answer") if record else None
    if isinstance(answer, dict) and "value" in answer:
        return Fact(answer["value"])
    status, error = crash(record, reply.ended)
    if UNWRITTEN in str(error.get("message")):
        status = Status.NOT_DONE
    return Fact(None, status, error)
