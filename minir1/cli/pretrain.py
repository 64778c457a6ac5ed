"""`minir1 pretrain RECIPE`: only the base: next-token prediction on the base corpus."""

from pathlib import Path

from minir1.cli.options import Json, Recipe
from minir1.cli.output import say
from minir1.run.home import open_run


def main(config: Recipe, *, out: Path | None = None, as_json: Json = False) -> int:
    """Train the base: next-token prediction on text that is made on the spot.

    Prints the metrics of the last step. Stopped or killed? The same command goes on.

    Args:
        config: what to run
        out: the run's folder (runs/NAME if not given)
    """
    from minir1.run.claim import claimed
    from minir1.run.distributed import join
    from minir1.run.metrics import read_metrics
    from minir1.stages.pretrain import pretrain

    with join(config) as world:
        folder = world.once(lambda: open_run(config, out))
        world.files_seen_by_all([folder])
        with claimed(folder, world):
            pretrain(config, folder, world)
        rows = world.once(lambda: read_metrics(folder))
        say([row for row in rows if row["stage"] == "pretrain"][-1], as_json)
    return 0
