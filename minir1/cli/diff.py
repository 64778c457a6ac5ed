"""`minir1 diff A B`: the fields in which two recipes, or two runs, differ."""

import json
from pathlib import Path

from minir1 import recipes
from minir1.cli.options import Json
from minir1.cli.output import table
from minir1.config import Config
from minir1.run.home import differences, find_run, read_config


def main(a: str, b: str, *, as_json: Json = False) -> int:
    """Print only the fields in which A and B differ.

    Args:
        a: a recipe, or a run's folder
        b: the same
    """
    changed = differences(load(a), load(b))
    if as_json:
        print(
            json.dumps({name: {"a": left, "b": right} for name, (left, right) in changed.items()})
        )
    elif changed:
        table(
            [("", a, b)]
            + [(name, str(left), str(right)) for name, (left, right) in changed.items()]
        )
    else:
        print(f"{a} and {b} are the same")
    return 0


def load(name: str) -> Config:
    """The config of a recipe; of a run's folder where no recipe has that name."""
    if name in recipes.RECIPES:
        return recipes.get(name)
    if "/" in name or Path(name).exists():
        return read_config(find_run(name))
    return recipes.get(name)
