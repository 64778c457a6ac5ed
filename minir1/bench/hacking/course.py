"""One arm with one seed: its base, its reward model, its RL, and the row of what came out."""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import torch

from minir1.bench.hacking.arms import Arm, base_config, config_of
from minir1.bench.hacking.wages import MEASURES, CodeWages, TasteWages
from minir1.config import Config
from minir1.run.device import describe
from minir1.run.home import open_run
from minir1.run.metrics import read_metrics
from minir1.run.models import tokenizer_of
from minir1.stages.preference import preference
from minir1.stages.pretrain import pretrain
from minir1.stages.reinforce import Course, Pay, reinforce

Row = dict[str, Any]
PLACES = 4


def run_arm(arm: Arm, seed: int, out: Path) -> Row:
    """Everything of one arm that isn't there yet, in folders under `out`; its row."""
    torch.set_num_threads(1)
    started = time.perf_counter()
    config = config_of(arm, seed)
    base = out / f"{arm.task}-base-{arm.cases_share:g}"
    pretrain(base_config(arm), open_run(base_config(arm), base))
    folder = open_run(config, out / f"{arm.task}-{arm.name}-{seed}")
    shutil.copytree(base / "checkpoints", folder / "checkpoints", dirs_exist_ok=True)
    pay = wages(arm, config, folder, seed)
    course = Course(
        name="zero",
        start="pretrain",
        task=config.task,
        settings=config.zero,
        seed=1000 + seed,
        pay=pay,
    )
    reinforce(config, folder, course)
    steps = [row for row in read_metrics(folder) if row["stage"] == "zero"]
    names = {name: f"rewards/{name}/mean" for name in MEASURES}
    names |= {"length": "completions/mean_length", "entropy": "entropy", "kl": "kl"}
    return {
        "task": arm.task,
        "arm": arm.name,
        "seed": seed,
        "config_hash": config.hash(),
        "reader": examined(folder),
        "command": f"python -m minir1.bench.hacking {arm.task}",
        "curve": {
            own: [round(row[theirs], PLACES) for row in steps] for own, theirs in names.items()
        },
        "seconds": round(time.perf_counter() - started, 1),
        "device": describe("cpu"),
    }


def examined(folder: Path) -> Row | None:
    """How the arm's reward model did on pairs that it had not seen; None where there is none."""
    path = folder / "preference.json"
    if not path.exists():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    return {name: found[name] for name in ("pairs", "labels", "taste", "labels_against_taste")}


def wages(arm: Arm, config: Config, folder: Path, seed: int) -> Pay:
    """What this arm pays."""
    tokenizer = tokenizer_of(config)
    if arm.task == "code":
        return CodeWages(tokenizer=tokenizer, hack_paid=arm.hack_paid)
    reader = preference(config, folder, 500 + seed)
    return TasteWages(tokenizer=tokenizer, reader=reader, hack_paid=arm.hack_paid)
