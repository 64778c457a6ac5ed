"""Copy the part of a finished run that readers need into the package, under a name.

    python -m minir1.bench.publish runs/seeds/laptop-0 laptop

The copy is a run like any other: `minir1 sample laptop`, `minir1 eval laptop` and `minir1 report
laptop` work right after a clone, and the lessons open at once. What makes a run large stays
behind: optimizers, earlier checkpoints, most rows of pre-training, most of the groups that the
dashboard shows, and the transcripts of the small evaluations on the way (their summaries stay). Of
a pipeline, five of the models stay, the first transcripts of each stage, and the first rows of each
data set.
"""

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import tyro

from minir1.config import require
from minir1.run import checkpoint
from minir1.run.evaluated import read_evaluation, write_evaluation
from minir1.run.home import CONFIG, RESULTS, find_run, read_config
from minir1.run.jsonl import Row, append_row
from minir1.run.ledger import read_ledger
from minir1.run.metrics import read_metrics
from minir1.run.models import STAGES, steps_of
from minir1.run.pipe import reader_may_leave
from minir1.run.rollouts import FILE as ROLLOUTS
from minir1.run.rollouts import chosen, read_rollouts
from minir1.stages.manifest import NAME as MANIFEST
from minir1.tasks.sources.own import KEPT

EVERY = 10
"""Of pre-training, every tenth row of the diary is kept; of RL, all, and every tenth group."""
PIPELINE = ("pretrain", "preference", "r1", "student_base", "student")
"""The models that are kept of a pipeline: the base (lesson 10 trains a reward model from it), the
reward model (`minir1 think`), the teacher and its student before and after. Nobody reads Zero's."""
FIRST = 200
"""Transcripts of each stage of a pipeline, and rows of each of its data sets."""
SHOWN = 4
"""Rollouts of each group, the best-paid and the worst-paid."""


def publish(run: Path, name: str, root: Path = RESULTS) -> Path:
    """Write the copy as `root/name`, in place of an older one; a run must be finished."""
    require(re.fullmatch(r"\w[\w-]*", name) is not None, "name", name, "use letters, digits, _, -")
    require_finished(run)
    copy = root / f".new-{name}"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    shutil.copy(run / CONFIG, copy / CONFIG)
    for row in read_metrics(run):
        if row["stage"] not in ("pretrain", "student_base") or row["step"] % EVERY == 0:
            append_row(copy / "metrics.jsonl", row)
    for row in read_ledger(run):
        row["device"]["platform"] = row["device"]["platform"].split("-")[0]  # not its kernel
        append_row(copy / "ledger.jsonl", row)
    for row in shown_groups(read_rollouts(run)):
        append_row(copy / ROLLOUTS, row)
    for path in sorted((run / "eval").glob("*.json")):
        summary = read_evaluation(path)
        if path.stem.startswith("step-"):
            summary["rows"] = []
        if "scenarios" in summary:
            summary["rows"] = summary["rows"][:FIRST]
        write_evaluation(copy, path.stem, summary)
    for path in sorted((run / "data").glob("*.jsonl")):
        (copy / "data").mkdir(exist_ok=True)
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        (copy / "data" / path.name).write_text("".join(lines[:FIRST]), encoding="utf-8")
    for file in (MANIFEST, "preference.json", KEPT):
        if (run / file).exists():
            shutil.copy(run / file, copy / file)
    for stage in kept_stages(run):
        last = checkpoint.latest(run / "checkpoints", stage, repair=False)
        assert last is not None, "a finished run has a checkpoint of each stage"
        checkpoint.save(
            copy / "checkpoints", stage, last.step, model=last.model, state=last.state, keep=1
        )
    shutil.rmtree(root / name, ignore_errors=True)
    os.replace(copy, root / name)
    return root / name


def shown_groups(rows: Sequence[Row]) -> list[Row]:
    """Of each stage the first group, every tenth after it and the last, each cut to `SHOWN`.

    >>> rows = [{"stage": "zero", "step": i + 1, "rollouts": []} for i in range(25)]
    >>> [row["step"] for row in shown_groups(rows)]
    [1, 11, 21, 25]
    """
    kept = []
    for stage in dict.fromkeys(row["stage"] for row in rows):
        mine = [row for row in rows if row["stage"] == stage]
        kept += [row for i, row in enumerate(mine) if i % EVERY == 0 or row is mine[-1]]
    best_and_worst = (chosen([one["reward"] for one in row["rollouts"]], SHOWN) for row in kept)
    return [
        row | {"rollouts": [row["rollouts"][i] for i in places]}
        for row, places in zip(kept, best_and_worst, strict=True)
    ]


def kept_stages(run: Path) -> tuple[str, ...]:
    """The stages whose models are kept: two of a run, five of a finished pipeline."""
    return PIPELINE if (run / MANIFEST).exists() else STAGES


def require_finished(run: Path) -> None:
    """A ValueError that says what is still to be done, unless all is."""
    config = read_config(run)
    if config.task.name == "scenarios" and not (run / MANIFEST).exists():
        raise ValueError(
            f"{run} can't be published: it has no {MANIFEST} yet; finish it with "
            f"`minir1 pipeline {config.name} --out {run}`"
        )
    for stage in kept_stages(run):
        last = checkpoint.latest(run / "checkpoints", stage, repair=False)
        done, steps = 0 if last is None else last.step, steps_of(config, stage)
        if last is None or done < steps:
            raise ValueError(
                f"{run} can't be published: its {stage} stage is at step {done} of {steps}; "
                f"finish it with `minir1 run {config.name} --out {run}`"
            )
    for name in () if (run / MANIFEST).exists() else ("base", "final"):
        if not (run / "eval" / f"{name}.json").exists():
            raise ValueError(f"{run} can't be published: it has no eval/{name}.json yet")


def main(run: tyro.conf.Positional[Path], name: tyro.conf.Positional[str]) -> None:
    """Publish a run under a name.

    Args:
        run: the run's folder, or its name in runs/
        name: what readers will call it
    """
    folder = publish(find_run(run), name)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        print(f"{path.stat().st_size:>10,}  {path.relative_to(folder)}")


if __name__ == "__main__":
    with reader_may_leave():
        tyro.cli(main)
