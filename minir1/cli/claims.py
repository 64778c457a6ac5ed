"""`minir1 claims`: what R1 is said to show, each sentence measured, with its control."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import tyro

from minir1.cli.options import Json
from minir1.cli.output import table
from minir1.config import require


def main(
    *,
    run: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False,
    groups: tuple[str, ...] = (),
    arms: tuple[str, ...] = (),
    seeds: tuple[int, ...] = tuple(range(1, 13)),
    recipe: str = "claim",
    out: Path = Path("runs/claims"),
    rows: Path | None = None,
    as_json: Json = False,
) -> int:
    """Print the table of claims from the rows that were measured.

    With --run, measure first what has no row yet. It can be stopped and given again: it goes on.

    Args:
        run: measure what is not measured yet
        groups: with --run: which groups of claims; all if none is named
        arms: with --run: which of their arms; all if none is named
        seeds: with --run: which seeds
        recipe: the unit that is measured: claim, or claim_smoke to try it out
        out: with --run: where the models go
        rows: the file of rows, if not the one that comes with minir1
    """
    from minir1 import recipes
    from minir1.bench.claims import measure
    from minir1.bench.claims.groups import GROUPS, group
    from minir1.bench.claims.table import counted, lines, shown

    path = rows or measure.ROWS
    config = recipes.get(recipe)
    if run:
        wanted = tuple(map(group, groups)) or GROUPS
        known = [arm for one in wanted for arm in one.arms]
        for arm in arms:
            require(arm in known, "arms", arm, f"use some of {', '.join(known)}")
        say = partial(print, file=sys.stderr, flush=True)  # stdout may be JSON
        measure.measure(config, wanted, seeds, out, path, say, arms)
    found = lines(path, recipe)
    if as_json:
        print(json.dumps(found))
        return 0
    head = ("claim", "control", "seeds", "number", "must be", "verdict")
    body = [
        (
            line["claim"],
            line["control"],
            str(len(line["seeds"]) or "-"),
            shown(line),
            line["threshold"],
            line["verdict"],
        )
        for line in found
    ]
    table([head, *body])
    print(f"{counted(found)}. Intervals hold together, at 95%, for all claims and both looks.")
    return 0
