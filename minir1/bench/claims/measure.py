"""Measuring: every (group, arm, seed) that has no row yet, seed after seed, each row kept at once.

A row belongs to the recipe's hash: change the recipe, and all is measured anew. Stopped at any
moment, the same command goes on; an arm that was in the middle starts again, its base does not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from minir1.bench.claims.groups import GROUPS, Group
from minir1.bench.claims.unit import Unit
from minir1.config import Config
from minir1.run.device import describe
from minir1.run.home import RESULTS
from minir1.run.jsonl import append_row, rows_in

ROWS = RESULTS / "claims.jsonl"
Row = dict[str, Any]
Job = tuple[Group, str, int]


def read_results(config: Config, path: Path = ROWS) -> list[Row]:
    """The rows of this recipe, as it is now."""
    rows = rows_in(path)
    for number, row in enumerate(rows, start=1):
        for name in ("recipe_hash", "group", "arm", "seed"):
            if name not in row:
                raise ValueError(f"{path}, line {number}: the row has no {name!r}")
    return [row for row in rows if row["recipe_hash"] == config.hash()]


def jobs(
    config: Config,
    groups: Sequence[Group],
    seeds: Sequence[int],
    path: Path = ROWS,
    arms: Sequence[str] = (),
) -> Iterator[Job]:
    """What is left to do. Seeds are the outer loop: what is done is always balanced.

    `arms` names the arms that are wanted; none named is all of them.
    """
    done = {(row["group"], row["arm"], row["seed"]) for row in read_results(config, path)}
    for seed in seeds:
        for group in groups:
            for arm in group.arms:
                if (group.name, arm, seed) not in done and arm in (arms or group.arms):
                    yield group, arm, seed


def measure(
    config: Config,
    groups: Sequence[Group] = GROUPS,
    seeds: Sequence[int] = range(1, 13),
    out: Path = Path("runs/claims"),
    path: Path = ROWS,
    say: Callable[[str], None] = print,
    arms: Sequence[str] = (),
) -> None:
    """Do what is left, a row an arm."""
    torch.set_num_threads(max(1, config.threads))
    todo, started = list(jobs(config, groups, seeds, path, arms)), time.perf_counter()
    for number, (group, arm, seed) in enumerate(todo, start=1):
        unit = Unit(config, seed, out / f"{config.hash()}-{seed}")
        begun = time.perf_counter()
        measured = group.arms[arm](unit)
        row = {
            "group": group.name,
            "arm": arm,
            "seed": seed,
            "recipe": config.name,
            "recipe_hash": config.hash(),
            "command": "minir1 claims --run",
            "seconds": round(time.perf_counter() - begun, 2),
            "device": describe("cpu"),
            "measured": measured,
        }
        append_row(path, row)
        gone = time.perf_counter() - started
        left = gone / number * (len(todo) - number)
        accuracy = f" pass@1 {measured['pass@1']:.3f}" if "pass@1" in measured else ""
        say(
            f"{number}/{len(todo)} seed {seed} {group.name}/{arm}{accuracy} "
            f"{row['seconds']:.0f} s, about {left / 60:.0f} min left"
        )
