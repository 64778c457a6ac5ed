"""`minir1 run RECIPE`: the whole job, from random weights to the report."""

import json
from pathlib import Path
from typing import Any

from minir1.cli.options import Json, Recipe
from minir1.cli.output import cells, table
from minir1.run.home import open_run


def main(config: Recipe, *, out: Path | None = None, as_json: Json = False) -> int:
    """Make a base, teach it by RL, evaluate both and write the report.

    Stopped or killed? The same command goes on from the last save.

    Args:
        config: what to run
        out: the run's folder (runs/NAME if not given)
    """
    from minir1.stages.ready import check_task

    check_task(config)  # before a folder is made and a base is trained
    from minir1.run.distributed import join
    from minir1.stages import job

    with join(config) as world:
        folder = world.once(lambda: open_run(config, out))
        show(job.run(config, folder, world), as_json)
    return 0


def show(result: dict[str, Any], as_json: bool) -> None:
    """Print what the job found."""
    if as_json:
        print(json.dumps(result))
        return
    base, final = (cells(headline(result[name])) for name in ("base", "final"))
    table([("held out", "base", "after RL"), *((n, base[n], final.get(n, "")) for n in base)])
    print(f"\nThe report: {Path(result['report']).resolve()}")


def headline(summary: dict[str, Any]) -> dict[str, Any]:
    """What a person wants to know first; the rest is in the report and in --json."""
    kept = {name: value for name, value in summary.items() if name != "insight"}
    if "insight" in summary:
        kept["blind search"] = summary["insight"]["blind_at_same_tries"]
        kept["above blind"] = summary["insight"]["surplus"]
    return kept
