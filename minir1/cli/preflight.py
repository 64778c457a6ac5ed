"""`minir1 preflight RECIPE`: some minutes on the rented machine, against the plan."""

import json
from pathlib import Path

from minir1.cli.options import Json, Recipe
from minir1.cli.output import table, words


def main(config: Recipe, *, out: Path | None = None, steps: int = 0, as_json: Json = False) -> int:
    """Measure this machine; exit status 1 where it is 20% slower than planned, or has less.

    Looked at: devices, the disk under --out, the links between the processes, and a longest step
    of a few layers. `python -m minir1.launch preflight RECIPE` starts one process a GPU, as a run
    does; one process alone has no links.

    Args:
        config: the recipe that is to run here
        out: where the run's folder will be (runs if not given)
        steps: whole steps of RL to make as well, after one that warms up: tokens a second, MFU,
            share of time and memory of each phase
    """
    from minir1.bench.preflight import planned_chip, preflight
    from minir1.bench.whole_steps import judged_steps
    from minir1.config import require
    from minir1.run.distributed import fitting, join

    require(steps >= 0, "--steps", steps, "use 0 or more")
    config = fitting(config)
    with join(config) as world:
        against = planned_chip(config, world)
        out = out or Path("runs")
        checks = preflight(config, out, world, against)
        checks += judged_steps(config, out, world, against, steps) if steps else []
        failed = [check for check in checks if check.verdict == "FAIL"]
        if as_json:
            print(json.dumps([check.to_json() for check in checks]))
        else:
            rows = [(c.name, words(c.found), words(c.planned), c.verdict, c.note) for c in checks]
            table([("", "found", "planned", "", ""), *rows])
            if failed:
                print("Not as planned: " + "; ".join(map(str, failed)))
    return 1 if failed else 0
