"""One run of the clinic, and its diary as one small row.

    python -m minir1.bench.clinic --cases lr_10x --seeds 100

A diary is kept by column and with four digits: a run is 3 kB. `rows_of` makes the rows
again that the doctor reads.
"""

import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from minir1.bench.clinic import judges
from minir1.bench.clinic.bases import BASES, GOES_ON
from minir1.bench.clinic.cases import CASES
from minir1.config import Config, require
from minir1.rl.update import NotFiniteError
from minir1.run.doctor import read_diary
from minir1.run.home import RESULTS, open_run, published
from minir1.run.jsonl import append_row, read_rows
from minir1.stages.pretrain import pretrain
from minir1.stages.reinforce import Course, reinforce

ROWS = RESULTS / "clinic"
KEPT = (
    "reward", "frac_reward_zero_std", "rewards/accuracy/mean", "rewards/format/mean",
    "completions/mean_length", "completions/clipped_ratio", "checks", "loss", "kl", "entropy",
    "grad_norm", "clip_ratio/low_mean", "clip_ratio/high_mean",
    "sampling/sampling_logp_difference/mean", "router/drift", "router/load_min",
    "router/load_max",
)  # fmt: skip
"""What a run's row keeps of its diary: all that the rules read."""

Run = dict[str, Any]


def base_of(name: str, out: Path) -> Path:
    """The checkpoint of a base: the published one, or one that is trained now, once."""
    first = last_base(published("laptop"))
    if name == "laptop":
        return first
    config = BASES[name]()
    folder = open_run(config, out / "bases" / name)
    if name in GOES_ON:
        shutil.copytree(first, folder / "checkpoints" / first.name, dirs_exist_ok=True)
    pretrain(config, folder)
    return last_base(folder)


def last_base(run: Path) -> Path:
    """The newest checkpoint of a run's pre-training."""
    return max((run / "checkpoints").glob("pretrain-*"))


def run_case(name: str, seed: int, out: Path) -> Run:
    """Run one case, and return its row."""
    require(name in CASES, "case", name, f"use one of {', '.join(CASES)}")
    case = CASES[name]
    config = case.config(seed)
    folder = out / f"{name}-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    base = base_of(case.base, out)
    open_run(config, folder)
    shutil.copytree(base, folder / "checkpoints" / base.name)
    course = Course(
        name="zero",
        start="pretrain",
        task=config.task,
        settings=config.zero,
        seed=seed,
        pay=case.pay,
    )
    started = time.perf_counter()
    with suppress(NotFiniteError):  # its evidence is in the folder, where the doctor looks for it
        reinforce(config, folder, course, case.world())
    seconds = time.perf_counter() - started
    return row_of(name, seed, config, read_diary(folder), seconds)


def row_of(
    name: str, seed: int, config: Config, diary: Sequence[Mapping[str, Any]], seconds: float
) -> Run:
    """A run's row: what it was, and the columns of its diary."""
    steps = [row for row in diary if row["stage"] == "zero"]
    found = [metric for metric in KEPT if any(metric in row for row in steps)]
    return {
        "case": name,
        "seed": seed,
        "recipe_hash": config.hash(),
        "command": f"python -m minir1.bench.clinic --cases {name} --seeds {seed}",
        "seconds": round(seconds, 1),
        "curves": {metric: [_short(row.get(metric)) for row in steps] for metric in found},
    }


def rows_of(run: Run) -> list[dict[str, Any]]:
    """The diary of a run, a row a step, as the doctor reads it."""
    curves = run["curves"]
    return [
        {"stage": "zero", "step": i, **dict(zip(curves, values, strict=True))}
        for i, values in enumerate(zip(*curves.values(), strict=True), 1)
    ]


JUDGED_ROWS = ROWS / "judged.jsonl"
CALIBRATION_ROWS = ROWS / "calibration.jsonl"


def file_of(case: str, seed: int) -> Path:
    """Where a run is kept: with those that judge, or with those that may set limits."""
    return JUDGED_ROWS if seed in judges(case) else CALIBRATION_ROWS


def read_runs(path: Path) -> list[Run]:
    """The runs in a file, the newest of each case and seed."""
    if not path.exists():
        return []
    newest = {(run["case"], run["seed"]): run for _, run in read_rows(path)}
    order = list(CASES)
    return sorted(
        (run for run in newest.values() if run["case"] in CASES),
        key=lambda run: (order.index(run["case"]), run["seed"]),
    )


def run_all(jobs: Sequence[tuple[str, int]], out: Path) -> None:
    """Run what is not kept yet, one after the other; append each row when its run is done."""
    for name, seed in jobs:
        path = file_of(name, seed)
        hashed = CASES[name].config(seed).hash()
        known = {(one["case"], one["seed"], one["recipe_hash"]) for one in read_runs(path)}
        if (name, seed, hashed) in known:
            continue
        run = run_case(name, seed, out)
        append_row(path, run)
        print(f"{name} seed {seed}: {run['seconds']:.0f} s", flush=True)


def _short(value: Any) -> float | None:
    """Four digits are more than a curve shows."""
    return None if value is None else float(f"{value:.4g}")
