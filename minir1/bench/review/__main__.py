"""Measure whether figures that don't hold are found out.

python -m minir1.bench.review                     six seeds of a small run, and every plant
python -m minir1.bench.review --bundle first      a committed bundle, run again
python -m minir1.bench.review --plant trained_on first FOLDER    plant one
python -m minir1.bench.review --table             what was measured
"""

import random
import sys
from pathlib import Path
from typing import Annotated

import tyro

from minir1.bench.review.measure import RECIPE, ROWS, of_recipe, read_results, repeated
from minir1.bench.review.plants import PLANTS
from minir1.bench.review.table import table
from minir1.run.jsonl import append_row
from minir1.run.pipe import reader_may_leave
from minir1.stages.bundle import shape


def main(
    words: Annotated[tuple[str, ...], tyro.conf.Positional] = (),
    recipe: str = RECIPE,
    seeds: int = 6,
    bundle: str = "",
    plant: str = "",
    out: Path = Path("runs/review"),
    only_table: Annotated[bool, tyro.conf.arg(name="table")] = False,
) -> None:
    """Run bundles again, honest and planted ones, and print what was found.

    Args:
        words: with --plant, the bundle and the new folder
        recipe: the recipe whose seeds are run, bundled and run again
        seeds: how many of them
        bundle: in place of them, one bundle that is run again
        plant: in place of all, plant this error
        out: where the runs' folders go
        only_table: run nothing
    """
    if plant:
        plant_one(plant, words)
        return
    if bundle:
        command = f"python -m minir1.bench.review --bundle {bundle}"
        row = repeated(shape.read(shape.find(bundle)), out / f"again-{Path(bundle).name}", command)
        append_row(ROWS, row)
    elif not only_table:
        for row in of_recipe(recipe, range(seeds), out):
            told = row.get("plant") or "run again"
            print(f"{row['recipe']} seed {row['seed']}, {told}: {row.get('found', row['holds'])}")
    print(table(read_results()))


def plant_one(name: str, words: tuple[str, ...]) -> None:
    """Write a bundle with this error in it."""
    kinds = {one.name: one for one in PLANTS}
    if name not in kinds:
        raise ValueError(f"there is no plant {name!r}; there are: {', '.join(kinds)}")
    if len(words) != 2:
        raise ValueError(f"--plant {name} needs a bundle and a new folder, not {len(words)} words")
    source, folder = words
    changed = kinds[name].change(shape.read(shape.find(source)), random.Random(f"{name} {source}"))
    shape.write(changed, Path(folder))


if __name__ == "__main__":
    try:
        with reader_may_leave():
            tyro.cli(main)
    except ValueError as error:
        sys.exit(f"minir1.bench.review: error: {error}")
