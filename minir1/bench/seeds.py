"""Run a recipe with several seeds, beside its control, and write what came out as data.

    python -m minir1.bench.seeds --recipes laptop laptop_lying --seeds 6 --jobs 2

Each (recipe, seed) is a whole run, restartable like any other; the command can be stopped and
started again. Its numbers become one line of `minir1/results/seeds.jsonl`, with the recipe's
hash, the versions and the machine. `python -m minir1.bench.seeds --table` prints the tables.

What the seeds must show was written down before they were run (`bench/thresholds.py`).
"""

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import tyro

from minir1 import recipes
from minir1.bench.rows import current
from minir1.bench.thresholds import table, verdicts
from minir1.run.home import RESULTS
from minir1.run.jsonl import append_row, rows_in
from minir1.run.pipe import reader_may_leave

ROWS = RESULTS / "seeds.jsonl"


def one_run(recipe: str, seed: int, out: Path, threads: int) -> dict[str, Any]:
    """One whole run and its row of results."""
    from minir1.run.device import describe
    from minir1.run.ledger import read_ledger
    from minir1.run.metrics import read_metrics
    from minir1.stages import job

    config = replace(recipes.get(recipe), seed=seed, threads=threads)
    folder = out / f"{recipe}-{seed}"
    summary = job.run(config, folder)
    costs = read_ledger(folder)
    steps = [row for row in read_metrics(folder) if row["stage"] == "zero"]
    curve = ("reward", "completions/mean_length", "checks", "retries", "first_try", "repeats")
    return {
        "recipe": recipe,
        "seed": seed,
        "recipe_hash": config.hash(),
        "command": "python -m minir1.bench.seeds",
        "base": summary["base"],
        "final": summary["final"],
        "curve": {name: [round(row[name], 4) for row in steps if name in row] for name in curve},
        "seconds": sum(row["seconds"] for row in costs),
        "tokens_trained": sum(row["tokens_trained"] for row in costs),
        "tokens_sampled": sum(row["tokens_sampled"] for row in costs),
        "device": describe("cpu"),
    }


def run_all(names: Sequence[str], seeds: Sequence[int], out: Path, jobs: int, threads: int) -> None:
    """Run what is not in the results yet, `jobs` runs at a time; append each row when done."""
    done = {(row["recipe"], row["seed"], row["recipe_hash"]) for row in read_results()}
    todo = [
        (name, seed)
        for seed in seeds
        for name in names
        if (name, seed, recipes.get(name).hash()) not in done
    ]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        futures = [pool.submit(one_run, name, seed, out, threads) for name, seed in todo]
        for future in futures:
            row = future.result()
            append_row(ROWS, row)
            accuracy = row["final"]["pass@1"]["value"]
            print(f"{row['recipe']} seed {row['seed']}: pass@1 {accuracy:.3f}", flush=True)


def read_results(path: Path = ROWS) -> list[dict[str, Any]]:
    """All rows that were measured."""
    return rows_in(path)


def main(
    names: Annotated[tuple[str, ...], tyro.conf.arg(name="recipes")] = ("laptop", "laptop_lying"),
    seeds: int = 6,
    jobs: int = 1,
    threads: int = 0,
    out: Path = Path("runs/seeds"),
    only_table: Annotated[bool, tyro.conf.arg(name="table")] = False,
) -> None:
    """Run recipes with seeds 0..n-1 and print the table of all results.

    Args:
        names: names of recipes
        seeds: how many seeds of each
        jobs: runs at the same time
        threads: CPU threads of each run; 0 leaves the choice to torch
        out: where the runs' folders go
        only_table: run nothing, print the table of what was measured
    """
    if not only_table:
        run_all(names, range(seeds), out, jobs, threads)
    rows = current(read_results())
    print(f"{table(rows)}\n\n{verdicts(rows)}")


if __name__ == "__main__":
    with reader_may_leave():
        tyro.cli(main)
