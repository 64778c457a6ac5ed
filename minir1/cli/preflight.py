"""`minir1 preflight RECIPE`: some minutes on the rented machine, against the plan."""

import json
from dataclasses import replace
from pathlib import Path

from minir1.cli.options import Json, Recipe
from minir1.cli.output import table, words


def main(config: Recipe, *, out: Path | None = None, as_json: Json = False) -> int:
    """Measure this machine, and stop with exit status 1 where it is 20% worse than planned.

    Looked at: devices, the disk under --out, and one longest training pass of a few layers.

    Args:
        config: the recipe that is to run here
        out: where the run's folder will be (runs if not given)
    """
    from minir1.bench.preflight import preflight
    from minir1.run.distributed import join

    # Nothing here travels between owners of experts, so one process will do.
    alone = replace(config, parallel=replace(config.parallel, expert_parallel=1))
    with join(alone) as world:
        checks = preflight(config, out or Path("runs"), world)
    failed = [check for check in checks if check.verdict == "FAIL"]
    if as_json:
        print(json.dumps([check.to_json() for check in checks]))
    else:
        rows = [(c.name, words(c.found), words(c.planned), c.verdict, c.note) for c in checks]
        table([("", "found", "planned", "", ""), *rows])
        if failed:
            print("Not as planned: " + "; ".join(f"{c.name}: {c.note}" for c in failed))
    return 1 if failed else 0
