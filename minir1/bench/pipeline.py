"""A finished pipeline beside R1's report: the stage table, and whether it has R1's pattern.

    python -m minir1.bench.pipeline RUN           both tables of one run
    python -m minir1.bench.pipeline RUN --save    and its row kept in minir1/results/pipeline.jsonl
    python -m minir1.bench.pipeline               both tables of all rows that were kept

What is tested was written down before it was run (`bench/r1_pattern.py`).
"""

import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

import tyro

from minir1.bench.cells import heading, line
from minir1.bench.r1_pattern import STATEMENTS, verdict
from minir1.bench.rows import Row, current
from minir1.run import stats
from minir1.run.home import RESULTS, find_run, read_config
from minir1.run.jsonl import append_row, rows_in
from minir1.run.ledger import read_ledger
from minir1.run.report.reading import read_run
from minir1.stages.stage_table import COLUMNS, MEASURED

ROWS = RESULTS / "pipeline.jsonl"
RECIPE = "pipeline_laptop"
"""Whose rows `minir1 claims` reads: what another recipe's runs say is no seed of this one."""


def measured(run: Path) -> Row:
    """The row of one finished pipeline: its stage table, and each statement's difference."""
    config, found = read_config(run), read_run(run)
    for stage in MEASURED:
        if "values" not in found.evaluations.get(stage, {}):
            raise ValueError(
                f"{run} has no finished stage {stage!r}: finish it with "
                f"`minir1 pipeline {config.name} --out {run}`"
            )
    values = {stage: found.evaluations[stage]["values"] for stage in MEASURED}
    costs = read_ledger(run)
    return {
        "recipe": config.name,
        "seed": config.seed,
        "recipe_hash": config.hash(),
        "command": f"minir1 pipeline {config.name} --seed {config.seed}",
        "table": [{"stage": s, **found.evaluations[s]["scenarios"]} for s in MEASURED],
        "differences": {
            one.key: stats.paired_difference(
                values[one.before][one.column], values[one.after][one.column]
            ).to_json()
            for one in STATEMENTS
        },
        "core_hours": sum(row["core_hours"] for row in costs),
        "dollars": sum(row["dollars"] for row in costs),
        "device": costs[-1]["device"],
    }


def over_seeds(rows: Sequence[Row], key: str) -> Row:
    """A statement's difference: over the prompts of one run, or over several seeds."""
    found = [row["differences"][key] for row in rows]
    if len(found) == 1:
        return found[0]
    return stats.over_seeds([one["value"] for one in found]).to_json()


def statement_table(rows: Sequence[Row]) -> str:
    """Each statement, what R1's report has there, what the toy has, and the verdict."""
    ends = ("before", "after", "change, 95% interval")
    lines = heading("statement", "number", "R1's report", *ends, "verdict")
    for one in STATEMENTS:
        stages = (one.before, one.after)
        means = (f"{mean_of(rows, stage, one.column):.3g}" for stage in stages)
        change = over_seeds(rows, one.key)
        number = f"{one.column}, {' to '.join(stages)}"
        last = (f"{stats.Interval(**change):+.3g}", verdict(one, change))
        lines.append(line(one.says, number, one.paper, *means, *last))
    return "\n".join(lines)


def mean_of(rows: Sequence[Row], stage: str, column: str) -> float:
    """A cell of the stage table, its mean over seeds."""
    found = [next(one for one in row["table"] if one["stage"] == stage) for row in rows]
    return statistics.fmean(one[column]["value"] for one in found)


def stage_table(rows: Sequence[Row]) -> str:
    """One line a stage, one column a number; means over seeds."""
    lines = heading("stage", *(name.replace("_", "-") for name in COLUMNS))
    for stage in (one["stage"] for one in rows[0]["table"]):
        lines.append(line(stage, *(f"{mean_of(rows, stage, name):.3g}" for name in COLUMNS)))
    return "\n".join(lines)


def read_results(path: Path = ROWS) -> list[Row]:
    """The rows that were saved; of a run that was saved twice, the last."""
    return list({(row["recipe_hash"], row["seed"]): row for row in rows_in(path)}.values())


def tables(rows: Sequence[Row]) -> str:
    """Both tables of each recipe, with the number of seeds that they stand on."""
    if not rows:
        return f"No pipeline is measured yet: `minir1 pipeline {RECIPE}`."
    found = []
    for recipe in dict.fromkeys(row["recipe"] for row in rows):
        mine = [row for row in rows if row["recipe"] == recipe]
        seeds = f"Recipe `{recipe}`, seeds {', '.join(str(row['seed']) for row in mine)}"
        found.append(f"{seeds}.\n\n{stage_table(mine)}\n\n{statement_table(mine)}")
    return "\n\n".join(found)


def main(run: tyro.conf.Positional[str] = "", save: bool = False) -> int:
    """The pattern of R1's stage table, tested.

    Args:
        run: a finished pipeline: its folder, or its name in runs/; none for the rows that were kept
        save: keep its row in minir1/results/pipeline.jsonl
    """
    if not run:
        print(tables(current(read_results())))
        return 0
    try:
        row = measured(find_run(run))
    except ValueError as error:
        print(f"minir1.bench.pipeline: error: {error}", file=sys.stderr)
        return 2
    print(tables([row]))
    if save:
        append_row(ROWS, row)
    return 0


if __name__ == "__main__":
    sys.exit(tyro.cli(main))
