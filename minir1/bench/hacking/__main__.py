"""`python -m minir1.bench.hacking code taste --seeds 3`: run the arms, keep a row of each.

    python -m minir1.bench.hacking code taste --seeds 3    what isn't kept yet; a row each
    python -m minir1.bench.hacking                         the table of the rows that were kept

It can be stopped and started again. The rows are `minir1/results/hacking.jsonl`.
"""

import sys
from pathlib import Path

import tyro

from minir1.bench.hacking.arms import arms_of
from minir1.bench.hacking.course import run_arm
from minir1.bench.hacking.table import ROWS, current, read_results, table
from minir1.run.jsonl import append_row


def main(
    tasks: tyro.conf.Positional[tuple[str, ...]] = (),
    seeds: int = 3,
    out: Path = Path("runs/hacking"),
) -> int:
    """Reward hacking on purpose, and its cures.

    Args:
        tasks: code, taste, or both; none to see the table of the rows that were kept
        seeds: how many seeds of each arm
        out: where the runs' folders go
    """
    done = {(row["task"], row["arm"], row["seed"]) for row in current(read_results())}
    try:
        todo = [(arm, seed) for seed in range(seeds) for task in tasks for arm in arms_of(task)]
    except ValueError as error:
        print(f"minir1.bench.hacking: error: {error}", file=sys.stderr)
        return 2
    for arm, seed in todo:
        if (arm.task, arm.name, seed) not in done:
            append_row(ROWS, run_arm(arm, seed, out))
    print(table(current(read_results())))
    return 0


if __name__ == "__main__":
    sys.exit(tyro.cli(main))
