"""The capstone's worked example (lesson 17) with several seeds, each beside its control.

    python -m minir1.bench.capstone --seeds 3

A seed is two runs of `minir1 run claim --with solutions/capstone/task.py`: one with RL, and one
that reads 400 steps more in place of it. All answer the same held-out problems. What stays of an
answer is a sign, `1` for right and `0` for not, so a row of `minir1/results/capstone.jsonl` can
still be split by kind of problem.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import tyro

from minir1 import recipes
from minir1.config import Config
from minir1.run.evaluated import right
from minir1.run.home import RESULTS
from minir1.run.jsonl import append_row, rows_in
from minir1.run.pipe import reader_may_leave
from minir1.run.report.reading import Run, read_run
from minir1.run.stats import Interval, seed_difference

ROWS = RESULTS / "capstone.jsonl"
STEPS = {"run": (800, 60, 20), "control": (1200, 0, 0)}
"""Steps of base training, of RL, and between looks at a few held-out problems."""


def arm(name: str, seed: int, task: Path) -> Config:
    """What one of the two runs of a seed does."""
    from minir1.stages.own import with_task

    base, rl, every = STEPS[name]
    claim = replace(recipes.get("claim"), name=f"claim-with-{task.stem}", seed=seed)
    parts = {
        "pretrain": replace(claim.pretrain, steps=base),
        "zero": replace(claim.zero, steps=rl),
        "eval": replace(claim.eval, every=every),
    }
    return with_task(replace(claim, **parts), task)


def row_of(run: Run, control: Run) -> dict[str, Any]:
    """What the two runs of a seed have measured."""
    return {
        "command": "python -m minir1.bench.capstone",
        "seed": run.config.seed,
        "recipe_hash": run.config.hash(),
        "control_hash": control.config.hash(),
        "base": signs(run, "base"),
        "final": signs(run, "final"),
        "control": signs(control, "final"),
        "seconds": round(sum(row["seconds"] for one in (run, control) for row in one.ledger)),
        "device": run.ledger[0]["device"],
    }


def signs(run: Run, name: str) -> str:
    """Right or not, held-out problem by held-out problem."""
    return "".join(f"{right(row):.0f}" for row in run.evaluations[name]["rows"])


def accuracies(
    rows: Sequence[Mapping[str, Any]], name: str, kept: Sequence[bool] | None = None
) -> list[float]:
    """Of each seed, the share of right answers to all problems, or to those that are `kept`.

    >>> accuracies([{"final": "1100"}, {"final": "1101"}], "final", [True, False, False, True])
    [0.5, 1.0]
    """
    found = []
    for row in rows:
        values = [int(sign) for sign in row[name]]
        chosen = [v for v, k in zip(values, kept or [True] * len(values), strict=True) if k]
        found.append(sum(chosen) / len(chosen))
    return found


def over(rows: Sequence[Mapping[str, Any]], name: str) -> Interval:
    """How far RL lies above `name`, over seeds.

    >>> rows = [{"control": "1000", "final": "1110"}, {"control": "0001", "final": "1111"}]
    >>> round(over(rows, "control").value, 3)
    0.625
    """
    return seed_difference(accuracies(rows, name), accuracies(rows, "final")).interval


def named(row: Mapping[str, Any]) -> set[str]:
    """The hashes of a row's two recipes."""
    return {row["recipe_hash"], row["control_hash"]}


def read(path: Path = ROWS) -> list[dict[str, Any]]:
    """All rows that were measured, by seed."""
    return sorted(rows_in(path), key=lambda row: row["seed"])


def main(
    seeds: int = 3,
    task: Path = Path("solutions/capstone/task.py"),
    out: Path = Path("runs/capstone"),
    rows: Path = ROWS,
) -> None:
    """Run what is not in the results yet, and print the gains.

    Args:
        seeds: how many seeds, from 0
        task: the file with the task
        out: where the runs' folders go; finished ones are read, not made again
        rows: the file of what was measured
    """
    from minir1.stages import job

    wanted = set()
    for seed in range(seeds):
        configs = {name: arm(name, seed, task) for name in STEPS}
        hashes = {config.hash() for config in configs.values()}
        wanted |= hashes
        if any(row["seed"] == seed and named(row) == hashes for row in read(rows)):
            continue
        for name, config in configs.items():
            job.run(config, out / f"{name}-{seed}")
        append_row(rows, row_of(*(read_run(out / f"{name}-{seed}") for name in STEPS)))
    found = [row for row in read(rows) if named(row) <= wanted]  # of the task as it is now
    for name in ("base", "control", "final"):
        print(f"{name:<8} {'  '.join(f'{value:.3f}' for value in accuracies(found, name))}")
    for name in ("base", "control") if len(found) > 1 else ():
        print(f"over the {name}: {over(found, name)}, {len(found)} seeds")


if __name__ == "__main__":
    with reader_may_leave():
        tyro.cli(main)
