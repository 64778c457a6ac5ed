"""`minir1 pipeline RECIPE`: the whole of R1, from a base to its student, stage by stage."""

import json
from pathlib import Path
from typing import Any

from minir1.cli.options import Json, Recipe
from minir1.cli.output import interval, table, words
from minir1.run.home import open_run


def main(config: Recipe, *, out: Path | None = None, as_json: Json = False) -> int:
    """Run every stage of R1 and measure each: Zero, Dev1, Dev2, Dev3, R1 and a student.

    Prints the stage table. Stopped or killed? The same command goes on. `pipeline.json` in the
    run's folder says which stage came from which, on what data, and at what cost.

    Args:
        config: what to run: pipeline_smoke, pipeline_laptop, or your own
        out: the run's folder (runs/NAME if not given)
    """
    from minir1.run.distributed import join
    from minir1.stages import pipeline
    from minir1.stages.ready import check_pipeline

    check_pipeline(config)  # before a folder is made
    with join(config) as world:
        folder = world.once(lambda: open_run(config, out))
        world.files_seen_by_all([folder])
        show(pipeline.run(config, folder, world), as_json)
    return 0


def show(result: dict[str, Any], as_json: bool) -> None:
    """Print the stage table, or everything as JSON."""
    if as_json:
        print(json.dumps(result))
        return
    from minir1.stages.stage_table import COLUMNS

    rows = [[row["stage"], *(words(interval(row[name])) for name in COLUMNS)]
            for row in result["table"]]  # fmt: skip
    table([("stage", *(name.replace("_", "-") for name in COLUMNS)), *rows])
    print(f"\nWhat came from what: {Path(result['run'], 'pipeline.json').resolve()}")
