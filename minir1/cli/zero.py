"""`minir1 zero RECIPE`: only RL, from the base in the run folder."""

from pathlib import Path

from minir1.cli.options import Json, Recipe
from minir1.cli.output import say
from minir1.run.home import open_run


def main(config: Recipe, *, out: Path | None = None, as_json: Json = False) -> int:
    """R1-Zero: GRPO with verifiable rewards, straight from the base in the run folder.

    Prints the metrics of the last step. Stopped or killed? The same command goes on.

    Args:
        config: what to run
        out: the run's folder (runs/NAME if not given)
    """
    from minir1.run.claim import claimed
    from minir1.run.distributed import join
    from minir1.run.metrics import read_metrics
    from minir1.stages.zero import zero

    with join(config) as world:
        folder = world.once(lambda: open_run(config, out))
        world.files_seen_by_all([folder])
        with claimed(folder, world):
            zero(config, folder, world)
        rows = world.once(lambda: read_metrics(folder))
        say([row for row in rows if row["stage"] == "zero"][-1], as_json)
    return 0
