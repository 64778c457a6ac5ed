"""Grade a capstone: its folder in, an outcome out, like that of any exercise.

FOLDER/task.py (or a notebook with the task)   FOLDER/run/   FOLDER/control/   FOLDER/report.md
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from minir1.lab.capstone.ask import Fact, ask_all
from minir1.lab.capstone.cell import task_file
from minir1.lab.capstone.compare import (
    base_part,
    control_part,
    evaluated_part,
    figures,
    finished_part,
    groups,
    ledger_part,
    same_task_part,
)
from minir1.lab.capstone.inside import CHECKS
from minir1.lab.capstone.paper import read_paper
from minir1.lab.capstone.rubric import CAPSTONE, RIGHT, Found, broken, fault, not_done, outcome
from minir1.lab.capstone.written import REPORT_PARTS
from minir1.lab.grader.outcome import Outcome, Status
from minir1.lab.grader.worker import Worker
from minir1.run.home import CONFIG
from minir1.tasks.sources.own import KEPT, digest_of, read_text

RUN, CONTROL = "run", "control"
ENDED = (Status.NOT_DONE, Status.CRASHED, Status.EXITED, Status.TOO_SLOW, Status.TOO_MUCH_MEMORY)
"""How a task ends that can judge nothing."""
RUN_PARTS = ("base", "finished", "same_task", "ledger", "evaluated", "control")


def is_capstone(folder: Path) -> bool:
    """Whether a folder is a capstone's: by a task or a run in it, or by its name and a notebook."""
    if (folder / KEPT).is_file() or (folder / RUN / CONFIG).is_file():
        return True
    if folder.resolve().name == CAPSTONE.id:
        return any(folder.glob("*.ipynb"))  # even a damaged one: its learner is told so
    with tempfile.TemporaryDirectory() as scratch:
        return isinstance(find_task(folder, Path(scratch)), Path)


def grade_capstone(folder: Path, worker: Worker) -> Outcome:
    """Points, status and faults of one capstone."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        task = find_task(folder, Path(scratch))
        found = dict(task_parts(task, worker))
        facts = runs_of(folder, worker)
        loaded = task if isinstance(task, Path) and found["task"].status not in ENDED else None
        again = judged(loaded, facts, worker) if loaded is not None else {}
        found |= run_parts(loaded, facts, again)
    run, control = facts[RUN].value, facts[CONTROL].value
    numbers = figures(run, control) if whole(run) else {}
    paper = read_paper(folder)
    for name, part in REPORT_PARTS.items():
        found[name] = part(paper, run, numbers) if numbers else not_done("run/")
    parts = tuple(outcome(part.name, found.get(part.name, RIGHT)) for part in CAPSTONE.parts)
    paid = [part.status for part in parts if part.max_points]
    status = max(paid, key=list(Status).index)
    return Outcome(CAPSTONE.id, status, parts, seconds=time.perf_counter() - started)


def find_task(folder: Path, scratch: Path) -> Path | Fact:
    """The file with the task: task.py, or what a notebook of the folder holds; or why it has none.

    A damaged file is passed over, and told of where no other holds a task.
    """
    none = Fact(None, Status.NOT_DONE)
    for file in (folder / KEPT, *sorted(folder.glob("*.ipynb"))):
        try:
            found = task_file(file, scratch) if file.is_file() else None
        except ValueError as error:
            told = str(error).replace(str(file), file.name)
            none = Fact(None, Status.CRASHED, {"type": "ValueError", "message": told})
            continue
        if found is not None:
            return found.resolve()
    return none


def task_parts(task: Path | Fact, worker: Worker) -> Iterator[tuple[str, Found]]:
    """Each part that is about the task."""
    if isinstance(task, Fact):
        yield from ((name, broken(task, KEPT)) for name in CHECKS)
        return
    facts = ask_all(worker, "checked", [(str(task), name) for name in CHECKS])
    for name, fact in zip(CHECKS, facts, strict=True):
        if fact.status is not Status.RIGHT:
            yield name, broken(fact, KEPT)
        else:
            yield name, RIGHT if fact.value["ok"] else fault("check", found=fact.value["found"])


def runs_of(folder: Path, worker: Worker) -> dict[str, Fact]:
    """What the folders of the two runs hold."""
    facts = {name: Fact(None, Status.NOT_DONE) for name in (RUN, CONTROL)}
    there = [name for name in facts if (folder / name / CONFIG).is_file()]
    cases = [(str((folder / name).resolve()),) for name in there]
    return facts | dict(zip(there, ask_all(worker, "run_facts", cases), strict=True))


def whole(run: Any) -> bool:
    """Whether there is a run with both ends to compare."""
    ends = run["evaluations"] if run else {}
    return all(name in ends and len(groups(run, name)) > 1 for name in ("base", "final"))


def judged(task: Path, facts: dict[str, Fact], worker: Worker) -> dict[tuple[str, str], Fact]:
    """The transcripts of each evaluation, judged again by the task that was handed in."""
    cases = {}
    for which, fact in facts.items():
        for name, rows in fact.value["evaluations"].items() if fact.value else ():
            share = fact.value["heldout_share"]
            cases[which, name] = (str(task), rows["asked"], rows["samples"], share)
    return dict(zip(cases, ask_all(worker, "judged", list(cases.values())), strict=True))


def run_parts(
    task: Path | None, facts: dict[str, Fact], again: dict[tuple[str, str], Fact]
) -> dict[str, Found]:
    """The parts that are about the runs."""
    run, control = facts[RUN].value, facts[CONTROL].value
    if run is None:
        return dict.fromkeys(RUN_PARTS, broken(facts[RUN], "run/"))
    ends, found = run["evaluations"], dict[str, Found]()
    found["base"] = base_part(run) if "base" in ends else fault("no_evaluation", name="base")
    found["finished"], found["ledger"] = finished_part(run), ledger_part(run)
    if task is None:
        return found | dict.fromkeys(("same_task", "evaluated", "control"), not_done(KEPT))
    found["same_task"] = same_task_part(run, digest_of(read_text(str(task))))
    mine = {name: again[RUN, name] for name in ends}
    bad = next((fact for fact in mine.values() if fact.value is None), None)
    values = {name: fact.value for name, fact in mine.items()}
    found["evaluated"] = broken(bad, KEPT) if bad else evaluated_part(run, values)
    last = again.get((CONTROL, "final"))
    if control is None:
        found["control"] = broken(facts[CONTROL], "control/")
    elif last is not None and last.value is None:
        found["control"] = broken(last, KEPT)
    else:
        found["control"] = control_part(run, control, last.value if last else None)
    return found
