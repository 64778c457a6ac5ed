"""`minir1 lineage RUN`: every data set of a run, row by row.

    how many rows, who wrote them, from which seed; how many can't say; which are held out

Then every evaluation: is each of its questions held out? A run passes when all of these numbers
are 0 and the data are those that its diary and its manifest speak of.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from minir1.config import Config
from minir1.run.evaluated import read_evaluation
from minir1.run.home import read_config
from minir1.run.metrics import read_metrics
from minir1.stages.job import evaluation_sets
from minir1.stages.lineage.leaks import Decontamination
from minir1.stages.lineage.made import Diary, courses, is_pipeline, other_tokens, questions, texts
from minir1.stages.lineage.origin import DataSet
from minir1.stages.lineage.written import written
from minir1.stages.pipeline import TEACHERS

ROWS = 4000
"""Rows of a data set that are made again, if nothing else is asked for."""
STEPS = 20
"""Steps whose tokens are counted again."""


def data_sets(config: Config, run: Path, diary: Diary, most: int = ROWS) -> Iterator[DataSet]:
    """What the stages of a run learned from, as far as it has come."""

    def done(stage: str) -> int:
        return max((row["step"] for row in diary if row["stage"] == stage), default=0)

    for stage in ("pretrain", "student_base"):
        if steps := done(stage):
            yield texts(config, stage, steps, most)
    for stage, task, settings, seed in courses(config):
        if steps := done(stage):
            yield questions(stage, task, settings, seed, steps, diary, most)
    for stage in TEACHERS if is_pipeline(config) else ():
        if (run / "data" / f"{stage}.jsonl").exists():
            yield written(config, run, stage)


def audit_run(run: Path, most: int = ROWS) -> dict[str, Any]:
    """What an auditor finds in a run's folder."""
    config = read_config(run)
    diary = read_metrics(run) if (run / "metrics.jsonl").exists() else []
    look = Decontamination(config)
    sets = [inspect(one, look) for one in data_sets(config, run, diary, most)]
    for line in sets:
        made_again = line["kind"] == "documents"
        if made_again and (other := other_tokens(config, line["set"], diary, STEPS)):
            line["faults"].append(f"the diary counted other tokens, first at step {other[0]}")
    if not sets:
        raise ValueError(f"{run} has learned from nothing yet: start it with `minir1 run`")
    evaluations = list(evaluated(config, run, look))
    clean = all(not (one["without"] or one["leaks"] or one["faults"]) for one in sets)
    return {
        "run": str(run),
        "recipe_hash": config.hash(),
        "seed": config.seed,
        "base": config.base or None,
        "decontamination": look.how,
        "passed": clean and not any(one["leaks"] for one in evaluations),
        "sets": sets,
        "evaluations": evaluations,
    }


def inspect(one: DataSet, look: Decontamination) -> dict[str, Any]:
    """One data set in numbers, and the held-out questions in it by name."""
    read, without, leaks = 0, 0, dict[str, None]()
    for row in one.rows():
        read += 1
        without += not row.origin
        leaks |= dict.fromkeys(look.held_out_in(row))
    return {
        "set": one.stage,
        "kind": one.kind,
        "rows": one.count,
        "read": read,
        "writer": one.writer,
        "seed": one.seed,
        "without": without,
        "leaks": list(leaks),
        "faults": list(one.faults),
    }


def evaluated(config: Config, run: Path, look: Decontamination) -> Iterator[dict[str, Any]]:
    """The evaluations that left transcripts: `leaks` are training questions that they asked."""
    others = {name: task for name, task in evaluation_sets(config.task).items() if name}
    for path in sorted((run / "eval").glob("*.json")):
        rows = read_evaluation(path)["rows"]
        task = next((t for end, t in others.items() if path.stem.endswith(end)), config.task)
        asked = dict.fromkeys(row["question"] for row in rows)
        leaks = [question for question in asked if look.is_for_training(question, task)]
        if rows:
            yield {"evaluation": path.stem, "questions": len(asked), "leaks": leaks}
