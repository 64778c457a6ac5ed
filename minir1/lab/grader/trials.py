"""A learner's test, put on trial: right subjects must pass it, and broken ones must not.

    the learner's test  --right subject-->   passes        else: it refuses what is right
                        --broken subject-->  any error     else: it lets this one pass

A part of such an exercise is one broken subject. First every right one is tried, so a test that
fails whatever it is given kills nothing. As in pytest, any error is a failed test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from minir1.lab.grader.exercise import Case, Given, Part
from minir1.lab.grader.outcome import Status

RIGHT, BROKEN = "right", "broken"
NO_VERDICT = ("NotImplementedError", "Borrowed", "MemoryError", "SystemExit")
"""Errors that say nothing of the subject."""


def kill(name: str, function: str, right: Sequence[str], broken: str) -> Part:
    """One point for a broken subject that the test refuses, where it refuses no right one.

    The subjects are texts that define `function`.
    """

    def cases(draw: object) -> Iterator[Case]:
        for text in right:
            yield Case((Given(text, function),), trial=RIGHT)
        yield Case((Given(broken, function),), trial=BROKEN)

    return Part(name, 1, cases)


def verdict(trial: str, record: Mapping[str, Any] | None) -> Status:
    """How one trial went. CRASHED: it has no verdict, and the record tells why.

    >>> verdict(BROKEN, {"error": {"type": "AssertionError"}}), verdict(BROKEN, {"answer": {}})
    (<Status.RIGHT: 'right'>, <Status.LETS_PASS: 'lets_pass'>)
    """
    error = record.get("error") if record else None
    if isinstance(error, dict) and error.get("type") not in NO_VERDICT:
        return Status.REFUSES_RIGHT if trial == RIGHT else Status.RIGHT
    if record and "answer" in record:
        return Status.RIGHT if trial == RIGHT else Status.LETS_PASS
    return Status.CRASHED
