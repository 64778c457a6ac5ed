"""What runs in a process that can be killed: the learner's task, and the reading of their files.

    checked(file, name)      one check of the task: its status, and what was found
    judged(file, ...)        the transcripts of an evaluation, judged again by the task
    run_facts(folder)        what a run has left, as plain data

The parent (check.py) sees numbers and texts only. A task that hangs, leaves or eats the memory
costs its own part, and the next one is asked in a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from minir1.run.doctor import examine, read_diary
from minir1.run.evaluate import PROBLEM_SEED
from minir1.run.home import flat
from minir1.run.ledger import total
from minir1.run.report.reading import read_run
from minir1.tasks import audit as audits
from minir1.tasks import near
from minir1.tasks.audit import Check
from minir1.tasks.base import Problem
from minir1.tasks.sources.own import OwnTask, digest_of, read_text

ROWS = 60
"""Problems of each side that the checks look at."""

Look = Callable[[OwnTask, Sequence[Problem]], Check]


def loads(task: OwnTask, problems: Sequence[Problem]) -> Check:
    """It loads and draws, and each function gives what a task's function gives."""
    return near.examples(task, problems[: near.ROWS])


CHECKS: Mapping[str, Sequence[Look]] = {
    "task": (loads,),
    "seeds": (lambda task, problems: near.seeds(task),),
    "split": (lambda task, problems: near.split(task),),
    "golds": (audits.golds, lambda task, problems: audits.rows(problems)),
    "pays": (audits.constants, audits.pay_nobody, audits.echoes),
    "hostile": (lambda task, problems: audits.hostile(task, problems[: audits.HOSTILE_ROWS]),),
    "near": (near.near_misses,),
    "changed": (near.structure, near.changed),
}
"""What each part of the rubric asks of a task; its first failure is told."""


def checked(file: str, name: str) -> dict[str, Any]:
    """The first check of a part that fails, or its last one."""
    task = own_task(file)
    problems = near.both_sides(task, ROWS)
    found = Check(name, "ok", "")
    for look in CHECKS[name]:
        found = look(task, problems)
        if found.status == "FAIL":
            break
    return {"ok": found.status != "FAIL", "found": f"{found.name}: {found.found}"}


def judged(
    file: str, asked: Sequence[tuple[str, str]], samples: int, share: float
) -> dict[str, Any]:
    """Each (question, completion) of an evaluation: is it the task's own held-out problem, in the
    order of every run, and is it right? `samples` rows are one problem."""
    task = own_task(file, share)
    problems = list(islice(task.problems("heldout", PROBLEM_SEED), -(-len(asked) // samples)))
    pairs = [(problems[i // samples], row) for i, row in enumerate(asked)]
    return {
        "strange": [text for problem, (text, _) in pairs if text != problem.question][:1],
        "right": [near.pays(task, problem, written) for problem, (_, written) in pairs],
    }


def run_facts(folder: str) -> dict[str, Any]:
    """What a run has left: its config, how far it came, what was found, its evaluations."""
    run = read_run(Path(folder))
    config = run.config
    steps = [row for row in read_diary(run.folder) if row["stage"] == "zero"]
    return {
        "hash": config.hash(),
        "seed": config.seed,
        "task": config.task.digest,
        "heldout_share": config.task.heldout_share,
        "fields": flat(config.to_json()),
        "done": {stage: run.last_step(stage) for stage in ("pretrain", "zero")},
        "paid": sorted({row["stage"] for row in run.ledger if row["status"] == "finished"}),
        "dollars": total(run.ledger)["dollars"],
        "findings": [finding.name for finding in examine(steps)],
        "evaluations": {
            name: evaluation_facts(name, run.evaluations[name])
            for name in ("base", "final")
            if name in run.evaluations
        },
    }


def evaluation_facts(name: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """Whose evaluation it is, its transcripts, and what they were judged."""
    rows, samples = found["rows"], int(found.get("samples", 1))
    if samples < 1 or not rows or len(rows) % samples:
        raise ValueError(
            f"the evaluation {name} holds {len(rows)} transcripts, {samples} a problem"
        )
    return {
        "hash": found.get("recipe_hash"),
        "seed": found.get("seed"),
        "samples": samples,
        "asked": [[row["question"], row["completion"]] for row in rows],
        "right": [row["verdict"] == "CORRECT" for row in rows],
    }


def own_task(file: str, share: float = 0.2) -> OwnTask:
    """The learner's task."""
    return OwnTask(file=file, digest=digest_of(read_text(file)), heldout_share=share)
