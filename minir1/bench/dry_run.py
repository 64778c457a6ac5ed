"""What a dry run costs, and how far the closed formulas are from what it counts.

    python -m minir1.bench.dry_run --save     measure, and keep the rows
    python -m minir1.bench.dry_run --table    what was saved, as Markdown

Each case is `minir1 plan RECIPE --dry-run` in a process of its own, so that its peak of memory is
its own. The largest is DeepSeek-V3 on the 2,048 GPUs that it was trained on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable

import tyro

from minir1 import recipes
from minir1.bench.cells import heading, line, number
from minir1.bench.rows import Row, latest, row
from minir1.bench.table import OURS, where
from minir1.run.home import RESULTS
from minir1.run.jsonl import append_row, read_rows
from minir1.run.pipe import reader_may_leave

ROWS = RESULTS / "dry_run.jsonl"
CASES = (("h800_8", 8), ("h800_8", 16), ("paper", 2048))
"""A recipe, and how many GPUs are simulated."""
KIB = 1024


def main(save: bool = False, table: bool = False) -> None:
    """Time the dry runs, and compare what they count with the formulas."""
    if table:
        print(tables(one for _, one in read_rows(ROWS)))
        return
    measured = [measure(name, gpus) for name, gpus in CASES]
    print(tables(measured))
    if save:
        for one in measured:
            append_row(ROWS, one)


def measure(name: str, gpus: int) -> Row:
    """One dry run: its seconds, its peak of memory, and formula beside count."""
    words = [name, "--gpus", str(gpus), "--dry-run", "--json"]
    started = time.perf_counter()
    call = [sys.executable, "-m", "minir1", "plan", *words]
    process = subprocess.Popen(call, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise ValueError(f"`minir1 plan {' '.join(words)}` failed: its own message is above")
    simulated = json.loads(printed)["dry_run"]
    once = {
        "seconds": time.perf_counter() - started,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_bytes": used.ru_maxrss * (1 if sys.platform == "darwin" else KIB),
    }
    settings = {"gpus": gpus, "tokens": simulated["tokens"]}
    sides = {OURS: {"repeats": [once], "compared": simulated["compared"]}}
    config, case = recipes.get(name), f"{name} on {gpus:,} GPUs"
    found = row("dry_run", case, config, settings=settings, sides=sides)
    return found | {"command": "python -m minir1.bench.dry_run"}


def tables(rows: Iterable[Row]) -> str:
    """One line a case; the last columns are formula / dry run - 1."""
    mine = latest(rows)
    if not mine:
        return "Nothing is saved yet: run it with --save."
    kinds = list(mine[0]["sides"][OURS]["compared"])
    head = ("one pass of", "tokens a GPU", "CPU-s", "s", "peak MB", *(f"{k}, off" for k in kinds))
    lines = [f"**dry run**: {where(mine[0])}", "", *heading(*head)]
    for one in mine:
        side, tokens = one["sides"][OURS], one["settings"]["tokens"]
        once = side["repeats"][0]
        costs = [number(once["cpu_seconds"]), number(once["seconds"])]
        costs.append(number(once["peak_bytes"] / 1e6))
        offs = [off(*side["compared"][kind]) for kind in kinds]
        lines.append(line(one["case"], f"{tokens:,}", *costs, *offs))
    return "\n".join(lines)


def off(formula: float, seen: float) -> str:
    """How far a formula is from what was counted.

    >>> off(101.0, 100.0), off(0.0, 0.0)
    ('+1.0%', '-')
    """
    return f"{formula / seen - 1:+.1%}" if seen else "-"


if __name__ == "__main__":
    with reader_may_leave():
        tyro.cli(main)
