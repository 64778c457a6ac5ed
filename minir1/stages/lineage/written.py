"""Training rows that a model wrote: cold start, kept samples, readers' pairs, a teacher's traces.

    data/dev1.jsonl: each row names the stage, the step, the seed and the sample it is from

A name is cheap, so it is checked: a row has a lineage when it names its stage's teacher, and when
its question is one that this seed asks. Any other row came from somewhere else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from minir1.config import Config, TaskConfig
from minir1.run.jsonl import read_rows
from minir1.run.models import steps_of
from minir1.stages import examples
from minir1.stages.lineage.made import question_of
from minir1.stages.lineage.origin import DataSet, Row
from minir1.stages.manifest import NAME as MANIFEST
from minir1.stages.pipeline import TEACHERS, Pipeline
from minir1.stages.preference import MANNERS
from minir1.stages.readers import only
from minir1.stages.stage_table import REASONING
from minir1.tasks import make_task


def written(config: Config, run: Path, stage: str) -> DataSet:
    """The rows of `data/<stage>.jsonl`."""
    path = run / "data" / f"{stage}.jsonl"
    found = [row for _, row in read_rows(path)]
    teacher = TEACHERS[stage]
    names = {"stage": teacher, "step": steps_of(config, teacher), "seed": seed_of(config, stage)}
    asked = questions_of(config, stage)

    def rows() -> Iterator[Row]:
        for number, row in enumerate(found, start=1):
            question = row.get("question") or question_of(str(row.get("prompt", "")))
            own = all(row.get(name) == value for name, value in names.items())
            own = own and "key" in row and asked.get(question) == row["key"]
            origin = f"{path.name}, line {number}: {teacher}, seed {names['seed']}" if own else ""
            text = row.get("completion") or f"{row.get('chosen')}\n{row.get('rejected')}"
            yield Row(question, text, origin)

    told = _told(run, stage)
    return DataSet(
        stage=stage,
        kind="pairs" if stage == "preference" else "samples",
        writer=f"{teacher}, step {names['step']}",
        seed=str(names["seed"]),
        count=max(len(found), told.get("rows", 0)),
        rows=rows,
        faults=tuple(_faults(path, len(found), told)),
    )


def seed_of(config: Config, stage: str) -> int:
    """The seed that a stage's samples are drawn with."""
    return Pipeline(config, Path()).seed(stage)


def questions_of(config: Config, stage: str) -> dict[str, str]:
    """Every question that is asked for a stage's data, with its key."""
    task, wanted = asked_for(config, stage)
    stream = make_task(task).problems("train", seed_of(config, stage))
    return {problem.question: problem.key for problem in islice(stream, wanted)}


def asked_for(config: Config, stage: str) -> tuple[TaskConfig, int]:
    """The task of a stage's samples, and how many prompts of it are asked."""
    pipeline = config.pipeline
    narrow = only(config.task, *REASONING)
    pairs = pipeline.preference.prompts + pipeline.preference.heldout
    return {
        "preference": (only(config.task, MANNERS), pairs),
        "dev1": (narrow, pipeline.cold_samples.prompts),
        "dev3": (config.task, pipeline.samples.prompts),
        "student": (config.task, pipeline.distill_samples.prompts),
    }[stage]


def _told(run: Path, stage: str) -> Mapping[str, Any]:
    """What the run's manifest says of the file; nothing before the run is finished."""
    path = run / MANIFEST
    if not path.exists():
        return {}
    stages = json.loads(path.read_text(encoding="utf-8"))["stages"]
    return next((one["data"] for one in stages if one["stage"] == stage), {})


def _faults(path: Path, rows: int, told: Mapping[str, Any]) -> Iterator[str]:
    """Whether this is the file that the manifest speaks of. A published copy has its first rows."""
    if not told or rows < told["rows"]:
        return
    if rows > told["rows"]:
        yield f"{path.name} has {rows} rows, {MANIFEST} says {told['rows']}"
    elif examples.digest(path) != told["sha256"]:
        yield f"{path.name} is not the file of {MANIFEST}: its SHA-256 differs"
