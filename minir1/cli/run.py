"""`minir1 run RECIPE`: the whole job, from random weights to the report."""

from pathlib import Path

from minir1.cli.options import Json, Recipe
from minir1.cli.output import say
from minir1.run.home import RUNS, open_run


def main(config: Recipe, *, out: Path | None = None, as_json: Json = False) -> int:
    """Make a base, teach it by RL, evaluate both and write the report.

    Stopped or killed? The same command goes on from the last save.

    Args:
        config: what to run
        out: the run's folder (runs/NAME if not given)
    """
    folder = open_run(config, out or RUNS / config.name)
    from minir1.stages import job

    say(job.run(config, folder), as_json)
    page = folder / "report" / "index.html"
    if page.exists() and not as_json:
        print(f"\nThe report: {page.resolve()}")
    return 0
