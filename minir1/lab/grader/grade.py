"""Grade one answer: draw cases, run the answer in a child, compare at home, name the mistake.

    answer text --+--> child: values of the answer ----+
                  |                                    +--> compare --> points, first difference
    fresh cases --+--> parent: the package's values ---+

All parts go in one request, so an exercise costs one fork. A part earns its points only if every
one of its cases is right.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from minir1.lab.grader.answer import Answer
from minir1.lab.grader.call import call
from minir1.lab.grader.compare import Difference, Tolerance, compare
from minir1.lab.grader.exercise import Case, Draw, Exercise, Part
from minir1.lab.grader.launches import without_kernel
from minir1.lab.grader.mistakes import name_mistake
from minir1.lab.grader.outcome import Outcome, PartOutcome, Status
from minir1.lab.grader.trials import verdict
from minir1.lab.grader.worker import MEMORY_BYTES, Reply, Worker
from minir1.lab.grader.written import written

STATIC = {
    "missing": (Status.NOT_DONE, ""),
    "hole": (Status.NOT_DONE, ""),
    "syntax": (Status.CRASHED, "SyntaxError"),
    "unreadable": (Status.CRASHED, "ValueError"),
}
"""What an answer's state says before it runs: a status, and the error of a crash."""
KINDS = {
    "type": Status.WRONG_TYPE,
    "shape": Status.WRONG_SHAPE,
    "value": Status.WRONG_VALUE,
}


def grade(
    exercise: Exercise,
    answer: Answer,
    worker: Worker,
    *,
    wrong: Mapping[str, str] | None = None,
    hidden: Sequence[Part] = (),
    seed: int | None = None,
) -> Outcome:
    """Points, status and first fault of one answer, and the mistake of `wrong` that it makes."""
    started = time.perf_counter()
    seed = secrets.randbits(32) if seed is None else seed
    parts, mistake = (*exercise.parts, *hidden), ""
    if answer.state != "ready":
        status, kind = STATIC[answer.state]
        error = {"type": kind, "message": answer.detail, "line": answer.line}
        found = [ended(part, status, error if kind else {}) for part in parts]
    elif missing := [name for name in exercise.packages if find_spec(name) is None]:
        found = [ended(part, Status.NOT_HERE, {"type": missing[0]}) for part in parts]
    else:
        cases = draw_cases(parts, seed)
        all_cases = [case for part in cases for case in part]
        reply = run(exercise, [answer.text], all_cases, worker)
        found = judge_parts(exercise, parts, cases, reply)
        if wrong and not all(part.status is Status.RIGHT for part in found):
            theirs = run(exercise, list(wrong.values()), all_cases, worker).by_text()
            known = dict(zip(wrong, theirs, strict=False))
            mistake = name_mistake(exercise, found, cases, reply.by_text()[0], known)
    status = max((part.status for part in found), key=list(Status).index)
    seconds = time.perf_counter() - started
    return Outcome(exercise.id, status, tuple(found), mistake, seconds, seed)


def draw_cases(parts: Sequence[Part], seed: int) -> list[list[Case]]:
    """The cases of each part; a part's do not depend on the other parts."""
    return [list(part.cases(Draw(hash_of(seed, part.name)))) for part in parts]


def hash_of(seed: int, name: str) -> int:
    """A seed of its own for each part."""
    return (seed * 1_000_003 + sum(ord(letter) * 31**i for i, letter in enumerate(name))) % 2**31


def run(exercise: Exercise, texts: Sequence[str], cases: Sequence[Case], worker: Worker) -> Reply:
    """Run texts that define the exercise's function on the cases, in one child."""
    of, cpu_s = exercise.of, exercise.cpu_s * len(texts)
    job = {
        "texts": list(texts),
        "name": exercise.id,
        "home": f"{of.__module__}:{of.__qualname__}" if of is not None else "",
        "cases": [replace(case, judge=None) for case in cases],
        "cpu_s": cpu_s,
        "packages": exercise.packages,
        "memory_bytes": MEMORY_BYTES,
    }
    return worker.ask(job, cpu_s * exercise.WALL_TIMES)


def judge_parts(
    exercise: Exercise, parts: Sequence[Part], cases: Sequence[Sequence[Case]], reply: Reply
) -> list[PartOutcome]:
    """Deal the child's records out to the parts, in order, and judge each."""
    records = iter(reply.by_text()[0])
    first = next(records, None)
    if first is None or "ready" not in first:  # it never came as far as its first case
        status, error = crash(first, reply.ended)
        return [ended(part, status, error) for part in parts]
    found = []
    for part, its_cases in zip(parts, cases, strict=True):
        outcome = PartOutcome(part.name, part.points, part.points, Status.RIGHT)
        for case in its_cases:  # all of them, so that the records stay in step
            judged = judge_case(exercise, part, case, next(records, None), reply.ended)
            if outcome.status is Status.RIGHT and judged is not None:
                call = "" if part.hidden else written(exercise.id, case)
                outcome = replace(judged, call=call)
        found.append(replace(outcome, hidden=part.hidden))
    return found


def judge_case(
    exercise: Exercise, part: Part, case: Case, record: dict[str, Any] | None, how: str
) -> PartOutcome | None:
    """What is wrong with one record, or None."""
    answer = record.get("answer") if record else None
    if case.trial and (status := verdict(case.trial, record)) is not Status.CRASHED:
        error = record.get("error") if record else None
        return None if status is Status.RIGHT else ended(part, status, error)
    if case.raises:
        error = record.get("error") if record else None
        if isinstance(error, dict) and error.get("type") == case.raises:
            return None
        if isinstance(answer, dict):
            return ended(part, Status.NO_ERROR, {"type": case.raises})
    if not isinstance(answer, dict) or "value" not in answer:
        return ended(part, *crash(record, how))
    if case.judge is not None:
        said = case.judge(answer["value"])
        return replace(ended(part, Status.WRONG_VALUE), said=said) if said else None
    assert exercise.of is not None, "a case without a judge needs the package's function"
    right = call(exercise.of, case)
    found = differ(exercise, right, answer)
    if found is None and answer.get("changed"):
        return ended(part, Status.CHANGED_INPUT)
    if found is None:
        why = without_kernel(answer) if exercise.asks_for_kernel else ""
        return replace(ended(part, Status.NO_KERNEL), said=why) if why else None
    status, difference = found
    return replace(ended(part, status), difference=difference)


def differ(
    exercise: Exercise, right: dict[str, Any], answer: dict[str, Any]
) -> tuple[Status, Difference] | None:
    """How an answer's value or gradient differs from the right one."""
    tolerance = Tolerance(exercise.rtol, exercise.atol)
    found = compare(exercise.tidy(right["value"]), exercise.tidy(answer["value"]), tolerance)
    if found is not None:
        return KINDS[found.kind], found
    if "grads" not in right:
        return None
    if answer.get("grads") is None and right["grads"] is not None:
        return Status.WRONG_GRADIENT, Difference("value", "a gradient", "none")
    found = compare(right["grads"], answer.get("grads"), tolerance)
    return None if found is None else (Status.WRONG_GRADIENT, found)


def crash(record: dict[str, Any] | None, how: str) -> tuple[Status, dict[str, Any]]:
    """Why there is no value: the error that was told, or how the process ended."""
    error = record.get("error") if record else None
    if isinstance(error, dict):
        kind, message = str(error.get("type")), str(error.get("message"))
        if kind == "NotImplementedError":
            return Status.NOT_DONE, error
        if kind == "Borrowed":
            return Status.BORROWED, error
        if kind == "MemoryError" or "can't allocate memory" in message:
            return Status.TOO_MUCH_MEMORY, error
        if kind == "SystemExit":
            return Status.EXITED, error
        return Status.CRASHED, error
    if how in ("late", "large"):
        return (Status.TOO_SLOW if how == "late" else Status.TOO_MUCH_OUTPUT), {}
    return Status.EXITED, {"type": how}


def ended(part: Part, status: Status, error: dict[str, Any] | None = None) -> PartOutcome:
    """A part that earned nothing."""
    return PartOutcome(part.name, 0, part.points, status, error=error or {}, hidden=part.hidden)
