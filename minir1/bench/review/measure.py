"""Two measurements: bundles run again, and bundles with planted errors.

    again     a run, its bundle, and the same run from the bundle: are all figures equal?
    planted   each plant in each bundle: is it found by reading? If not, by running?

The control of the second is the bundle as it was: nothing may be found there. Written down before
anything was measured: all figures of all seeds hold; all plants are found, and no honest
bundle is accused.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from minir1 import recipes
from minir1.bench.review.plants import PLANTS, Plant
from minir1.run.device import describe
from minir1.run.home import RESULTS, open_run
from minir1.run.jsonl import Row, append_row, rows_in
from minir1.stages import job
from minir1.stages.bundle import shape
from minir1.stages.bundle.again import EQUAL, OFF, WITHIN, again, compare
from minir1.stages.bundle.checks import check
from minir1.stages.bundle.making import make

ROWS = RESULTS / "review.jsonl"
RECIPE = "claim_smoke"
NONE = "none"
"""The bundle as it was: the control."""


def read_results(path: Path = ROWS) -> list[Row]:
    """Every row that was measured."""
    return rows_in(path)


def once(config: Any, folder: Path) -> shape.Bundle:
    """The bundle of a run that is made if it is not there."""
    open_run(config, folder)
    job.run(config, folder)
    return make(folder)


def repeated(bundle: shape.Bundle, out: Path, command: str) -> Row:
    """A bundle, run again: how many of its figures hold, and in which way."""
    found = again(bundle, out)
    counts = {
        how: sum(row["how"] == how for row in found["figures"]) for how in (EQUAL, WITHIN, OFF)
    }
    parts = {name: found[name] for name in ("bundle", "other", "holds", "data", "curves")}
    return {"what": "again"} | head_of(bundle, command) | counts | parts


def head_of(bundle: shape.Bundle, command: str) -> Row:
    """What a row needs to be measured again."""
    own = {name: bundle.head[name] for name in ("recipe", "recipe_hash", "seed")}
    return own | {"command": command, "device": describe("cpu")}


def of_recipe(recipe: str, seeds: Sequence[int], out: Path, path: Path = ROWS) -> Iterator[Row]:
    """Each seed: its run, the run from its bundle, and every plant in it."""
    done = {key(row) for row in read_results(path)}
    command = f"python -m minir1.bench.review --recipe {recipe}"
    for seed in seeds:
        config = replace(recipes.get(recipe), seed=seed)

        def is_done(what: str, plant: str = "", own: Any = config) -> bool:
            return (what, recipe, own.hash(), own.seed, plant, ()) in done

        plants = [one for one in (None, *PLANTS) if not is_done("planted", name_of(one))]
        if is_done("again") and not plants:
            continue
        folder, second = out / f"{recipe}-{seed}", out / f"{recipe}-{seed}-again"
        honest = once(config, folder)
        found = [repeated(honest, second, command)]
        if is_done("again"):
            found.clear()
        rerun, third = make(second), out / f"{recipe}-{seed}-planted"
        found += [planted(honest, rerun, plant, third, command) for plant in plants]
        for row in found:
            append_row(path, row)
            yield row


def name_of(plant: Plant | None) -> str:
    """What a plant is called in a row."""
    return plant.name if plant else NONE


def key(row: Row) -> tuple[Any, ...]:
    """What is measured only once. Another machine is another measurement."""
    own = tuple(row[name] for name in ("what", "recipe", "recipe_hash", "seed"))
    return (*own, row.get("plant", ""), tuple(row.get("other", ())))


def planted(
    honest: shape.Bundle, rerun: shape.Bundle, plant: Plant | None, out: Path, command: str
) -> Row:
    """A bundle with an error in it: who finds it, reading or running?"""
    rng = random.Random(f"{name_of(plant)} {honest.head['seed']}")
    bundle = plant.change(honest, rng) if plant else honest
    read = [one.name for one in check(bundle) if one.status == "FAIL"]
    row = {"what": "planted", "plant": name_of(plant)} | head_of(honest, command)
    ran = None
    if not read:  # only what reads well is worth a run; the honest re-run is that of its config
        same = bundle.head["config"] == honest.head["config"]
        ran = (compare(bundle, rerun) if same else again(bundle, out))["holds"]
    return row | {"read": read, "holds": ran, "found": bool(read) or ran is False}
