"""`minir1 pipeline RECIPE`: the whole of R1, from a base to its student, stage by stage."""

import json
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from minir1.cli.options import Json, Recipe
from minir1.run.home import open_run


def main(config: Recipe, *, out: Path | None = None, as_json: Json = False) -> int:
    """Run every stage of R1 and measure each: Zero, Dev1, Dev2, Dev3, R1 and a student.

    Prints the stage table. Stopped or killed? The same command goes on. `pipeline.json` in the
    run's folder says which stage came from which, on what data, and at what cost.

    Args:
        config: what to run: pipeline_smoke, pipeline_laptop, or your own
        out: the run's folder (runs/NAME if not given)
    """
    from minir1.run.claim import claimed
    from minir1.run.distributed import join
    from minir1.stages import pipeline
    from minir1.stages.ready import check_pipeline

    check_pipeline(config)  # before a folder is made
    with join(config) as world:
        folder = world.once(lambda: open_run(config, out))
        world.files_seen_by_all([folder])
        with claimed(folder, world):
            show(pipeline.run(config, folder, world), as_json)
    return 0


def show(result: dict[str, Any], as_json: bool) -> None:
    """Print the stage table, or everything as JSON."""
    if as_json:
        print(json.dumps(result))
        return
    for line in lines(result["table"]):
        print(line)
    folder = Path(result["run"]).resolve()
    print(f"\nWhat came from what: {folder / 'pipeline.json'}")
    print(f"As a page: minir1 report {shlex.quote(str(folder))}")


def lines(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The stage table: a line of values and, under it, a line of their 95% intervals."""
    from minir1.stages.stage_table import COLUMNS

    def line(name: str, cells: Sequence[str]) -> str:
        return f"{name:<13}" + "".join(f"{cell:>14}" for cell in cells)

    yield line("stage", [name.replace("_", "-") for name in COLUMNS])
    for row in rows:
        found = [row[name] for name in COLUMNS]
        yield line(row["stage"], [f"{one['value']:.3g}" if one else "-" for one in found])
        ends = [f"{one['low']:.2f}..{one['high']:.2f}" if one else "" for one in found]
        yield line("", ends)
