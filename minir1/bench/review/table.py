"""The table of planted errors: who finds which, reading or running.

And the two lines that `minir1 claims` reads: shares over seeds, and what they must be.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean

from minir1 import recipes
from minir1.bench.cells import heading, line
from minir1.bench.review.measure import NONE, RECIPE, Row
from minir1.bench.review.plants import PLANTS


def newest(rows: Sequence[Row], what: str) -> list[Row]:
    """The rows of one kind; of a measurement that was made twice, the last."""
    found = {}
    for row in rows:
        if row["what"] == what:
            found[row["recipe_hash"], row["seed"], row.get("plant"), str(row.get("other"))] = row
    return list(found.values())


def table(rows: Sequence[Row]) -> str:
    """Markdown: the plants, then the runs that were repeated."""
    planted = newest(rows, "planted")
    text = heading("planted", "found by reading", "by running", "where", "bundles")
    for name, says in ((NONE, "nothing"), *((plant.name, plant.says) for plant in PLANTS)):
        own = [row for row in planted if row["plant"] == name]
        if own:
            read, ran = (sum(map(bool, some)) for some in zip(*map(_seen, own), strict=True))
            where = ", ".join(sorted({part for row in own for part in row["read"]})) or "-"
            text.append(line(says, str(read), str(ran), where, str(len(own))))
    counted = ("figures", "equal", "within", "off")
    text += ["", *heading("run again", "seed", *counted, "other machine", "hold")]
    for row in newest(rows, "again"):
        counts = [row[name] for name in ("equal", "within", "off")]
        cells = (row["recipe"], row["seed"], sum(counts), *counts, ", ".join(row["other"]) or "no")
        text.append(line(*map(str, cells), "yes" if row["holds"] else "no"))
    return "\n".join(text)


def _seen(row: Row) -> tuple[bool, bool]:
    return bool(row["read"]), row["found"] and not row["read"]


def current(rows: Sequence[Row], what: str) -> list[Row]:
    """The newest rows of the seeds, if they are of the recipe as it is today."""
    today = recipes.get(RECIPE).hash()
    return [row for row in newest(rows, what) if row["recipe_hash"] == today]


def repeats(rows: Sequence[Row]) -> dict[int, float]:
    """By seed: 1 where a run came out again on its own machine, every figure equal."""
    own = [row for row in current(rows, "again") if not row["other"]]
    return {row["seed"]: float(row["holds"]) for row in own}


def found_out(rows: Sequence[Row]) -> dict[int, float]:
    """By seed: the share of plants that were found; 0 where the honest bundle was accused."""
    by_seed: dict[int, dict[str, float]] = {}
    for row in current(rows, "planted"):
        by_seed.setdefault(row["seed"], {})[row["plant"]] = float(row["found"])
    return {
        seed: 0.0 if own.get(NONE) else mean(own.get(plant.name, 0.0) for plant in PLANTS)
        for seed, own in sorted(by_seed.items())
    }
