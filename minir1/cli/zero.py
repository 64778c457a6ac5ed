"""`minir1 zero RECIPE`: only RL, from the base in the run folder."""

from pathlib import Path

from minir1.cli.options import Json, Recipe
from minir1.cli.output import say
from minir1.run.home import RUNS, open_run


def main(config: Recipe, *, out: Path | None = None, as_json: Json = False) -> int:
    """R1-Zero: GRPO with verifiable rewards, straight from the base in the run folder.

    Stopped or killed? The same command goes on from the last save.

    Args:
        config: what to run
        out: the run's folder (runs/NAME if not given)
    """
    folder = open_run(config, out or RUNS / config.name)
    from minir1.stages.zero import zero

    say(zero(config, folder), as_json)
    return 0
