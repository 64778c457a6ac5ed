"""Our verifiers and public graders on the same cases: one row a verifier and set of cases."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from minir1.bench.rows import versions
from minir1.bench.verifiers.cases import SETS, Case, Cases, cases, classes
from minir1.bench.verifiers.leftovers import watched
from minir1.bench.verifiers.numbers import measure
from minir1.run.home import RESULTS

ROWS = RESULTS / "verifiers.jsonl"
Task = Literal["math", "code", "countdown", "arithmetic", "format"]
TASKS: tuple[Task, ...] = get_args(Task)
PACKAGES = ("sympy", "math-verify", "latex2sympy2-extended", "mathruler", "trl")
OURS = "minir1"


def ours(task: str) -> Any:
    """Our verifier as a judge of cases. A gold that it refuses to read counts as a verdict."""
    from minir1.tasks import verify

    def judge(case: Case) -> str:
        try:
            return verify(task, case["gold"], case["pred"], case.get("question")).value
        except ValueError:
            return "GOLD REFUSED"

    return judge


def report(task: str, group: str, found: Cases | None = None) -> dict[str, Any]:
    """One row: our verifier on one set, and what the attacks left behind."""
    found = found or cases(task, group)
    judge = ours(task)
    with watched() as left:
        if task == "math":  # a worker that has started: its start is no answer's time
            judge({"gold": r"\sin 2x", "pred": r"<answer> 2 \sin x \cos x </answer>"})
        numbers = measure(found, judge)
        if task == "math":
            _close_workers()
    return row(task, group, OURS, found, numbers, left_behind=left)


def _close_workers() -> None:
    from minir1.tasks.maths.verify import workers

    workers().close()


def row(
    task: str, group: str, grader: str, found: Cases, numbers: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """What a reader needs to repeat a measurement, and what came out."""
    from minir1.run.device import describe

    level = {}
    if task == "code":
        from minir1.tasks.code import strongest

        level = {"level": str(strongest())}
    return {
        "bench": "verifiers",
        "task": task,
        "set": group,
        "grader": grader,
        "command": " ".join(["python -m minir1.bench.verifiers", *sys.argv[1:]]),
        "date": datetime.now(UTC).date().isoformat(),
        "device": describe("cpu"),
        "load": round(os.getloadavg()[0], 2),
        "versions": versions(("minir1", *PACKAGES)),
        **level,
        "numbers": numbers,
        "classes": classes(found["attacks"]),
        **more,
    }


def report_all(tasks: Sequence[str] = TASKS, groups: Sequence[str] = SETS) -> Iterable[dict]:
    """A row for each task and each set that it has."""
    for task in tasks:
        for group in groups:
            if cases(task, group):
                yield report(task, group)
