"""The name of a classic mistake: which known wrong solution gives the same values?

Each exercise lists mistakes that people make, as edits of its solution. When an answer is wrong,
the wrong solutions run on the same cases. If one of them gives, in every case of the first part
that failed, what the answer gave, the answer makes that mistake. Random inputs make a match by
accident unlikely.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minir1.lab.grader.compare import Tolerance, compare
from minir1.lab.grader.exercise import Case, Exercise
from minir1.lab.grader.launches import without_kernel
from minir1.lab.grader.outcome import PartOutcome, Status

NAMED = {
    Status.WRONG_VALUE,
    Status.WRONG_GRADIENT,
    Status.WRONG_SHAPE,
    Status.WRONG_TYPE,
    Status.CHANGED_INPUT,
    Status.NO_ERROR,
    Status.LETS_PASS,
    Status.REFUSES_RIGHT,
    Status.NO_KERNEL,
    Status.CRASHED,
}

Records = Sequence[dict[str, Any]]
"""What the child told of one text: how it started, then each case."""


def name_mistake(
    exercise: Exercise,
    found: Sequence[PartOutcome],
    cases: Sequence[Sequence[Case]],
    mine: Records,
    known: Mapping[str, Records],
) -> str:
    """The key of the mistake that explains the first failing part, and most of the rest."""
    failed = next((i for i, part in enumerate(found) if part.status in NAMED), None)
    if failed is None:
        return ""
    start = sum(map(len, cases[:failed]))
    stop = start + len(cases[failed])
    if any(case.trial for case in cases[failed]):  # a verdict is one bit: it may agree by luck
        start, stop = 0, sum(map(len, cases))
    best, most = "", 0
    for name, theirs in known.items():
        same = [alike(exercise, a, b) for a, b in zip(mine[1:], theirs[1:], strict=False)]
        if len(same) >= stop and all(same[start:stop]) and sum(same) > most:
            best, most = name, sum(same)
    return best


def alike(exercise: Exercise, a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Whether two records tell of the same value, or of the same error."""
    if "error" in a and "error" in b:
        return a["error"]["type"] == b["error"]["type"]
    if not ("answer" in a and "answer" in b):
        return False
    mine, theirs = a["answer"], b["answer"]
    tolerance = Tolerance(exercise.rtol, exercise.atol)
    return (
        compare(exercise.tidy(theirs["value"]), exercise.tidy(mine["value"]), tolerance) is None
        and compare(theirs.get("grads"), mine.get("grads"), tolerance) is None
        and theirs.get("changed") == mine.get("changed")
        and without_kernel(theirs) == without_kernel(mine)
    )
