"""A finished run -> its bundle: `minir1 export RUN FOLDER --bundle`.

Everything in it is computed from the run's own files. A run that can't be repeated from a config
alone leaves none: one on a real base, on a file of the user's, with functions of the user's.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from minir1 import __version__
from minir1.config import Config
from minir1.run.evaluated import read_evaluation
from minir1.run.home import read_config
from minir1.run.jsonl import Row
from minir1.run.ledger import read_ledger, total
from minir1.run.metrics import read_metrics
from minir1.run.models import STAGES, steps_of
from minir1.stages.bundle.figures import figures
from minir1.stages.bundle.shape import EVALUATIONS, FORMAT, TRANSCRIPT, Bundle
from minir1.stages.lineage.audit import data_sets
from minir1.stages.lineage.origin import digest, spread
from minir1.tasks.registry import TASKS

CURVES = (
    "stage", "step", "loss", "reward", "completions/mean_length", "checks", "retries", "entropy",
    "grad_norm", "num_tokens", "dynamic_sampling/replaced",
)  # fmt: skip
POINTS = 40
"""Rows of pre-training's curve; of RL's, all."""
DATA_ROWS = 2000
"""Rows of each data set that its hash is over: of what is made on the fly, evenly spread steps."""
MACHINE = ("device", "name", "instructions", "torch", "python")
"""What must be the same for two runs to be equal bit by bit."""


def require_repeatable(config: Config, run: Path) -> None:
    """A ValueError that says why this run leaves no bundle, if it leaves none."""
    whose = {
        f"it is about task {config.task.name!r}": config.task.name not in TASKS,
        f"it starts from {config.base!r}, another's model": bool(config.base),
        "it was trained with functions of your own": (run / "with").exists(),
    }
    for why, so in whose.items():
        if so:
            raise ValueError(
                f"{run} leaves no bundle: {why}. A bundle is of a run that its config alone repeats"
            )


def make(run: Path) -> Bundle:
    """The bundle of a finished run."""
    config = read_config(run)
    require_repeatable(config, run)
    evaluations = {name: _evaluation(run, name) for name in EVALUATIONS}
    diary = read_metrics(run)
    curves = curves_of(diary)
    last = {
        stage: max((r["step"] for r in diary if r["stage"] == stage), default=0) for stage in STAGES
    }
    for stage in STAGES:
        if last[stage] < steps_of(config, stage):
            raise ValueError(f"{run} is not finished: {stage} is at step {last[stage]}")
    ledger = read_ledger(run)
    devices = [row["device"] for row in ledger if "device" in row]
    if not devices:
        raise ValueError(f"{run}: its ledger names no machine, so a bundle can't name it either")
    rows = {name: found["rows"] for name, found in evaluations.items()}
    return Bundle(
        head={
            "format": FORMAT,
            "recipe": config.name,
            "recipe_hash": config.hash(),
            "seed": config.seed,
            "config": config.to_json(),
            "data": data_of(config, curves),
            "versions": {"minir1": __version__, **{n: version(n) for n in ("numpy", "scipy")}},
            "device": devices[-1],
            "counts": {
                "problems": evaluations["final"]["problems"],
                "samples": evaluations["final"]["samples"],
                "steps": {stage: steps_of(config, stage) for stage in STAGES},
                "tokens": {stage: tokens_of(diary, stage) for stage in STAGES},
            },
            "figures": figures(rows, evaluations["final"]["samples"]),
            "cost": total(ledger) | {"stopped": sum(row["status"] != "finished" for row in ledger)},
        },
        rows={name: [{k: row[k] for k in TRANSCRIPT} for row in own] for name, own in rows.items()},
        curves=curves,
    )


def _evaluation(run: Path, name: str) -> dict[str, Any]:
    path = run / "eval" / f"{name}.json"
    if not path.exists():
        raise ValueError(f"{run} is not finished: it has no eval/{name}.json yet")
    return read_evaluation(path)


def curves_of(diary: Sequence[Row]) -> list[Row]:
    """The rows of the curves: all of RL, and some of pre-training, the last one too."""
    own = {stage: [row for row in diary if row["stage"] == stage] for stage in STAGES}
    some = [own["pretrain"][place] for place in spread(len(own["pretrain"]), POINTS)]
    return [{name: row[name] for name in CURVES if name in row} for row in some + own["zero"]]


def tokens_of(diary: Sequence[Row], stage: str) -> int:
    """Tokens that a stage trained on."""
    return int(sum(row["num_tokens"] for row in diary if row["stage"] == stage))


def data_of(config: Config, curves: Sequence[Row]) -> list[Row]:
    """What was learned from: how much of it, whose it is, and a hash. Nothing but config needed."""
    return [
        {
            "set": one.stage,
            "kind": one.kind,
            "rows": one.count,
            "writer": one.writer,
            "seed": one.seed,
            "sha256": digest(one.rows()),
        }
        for one in data_sets(config, Path(), curves, DATA_ROWS)
    ]
