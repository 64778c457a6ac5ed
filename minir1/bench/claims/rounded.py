"""Claim: the distilled student, rounded for a small device, loses little.

    change = accuracy of the rounded student - accuracy of the whole one, on the same questions

What counts as little was written down before any student was rounded: two points with 8 bits
a weight, five with 4. It is measured by `python -m minir1.bench student`, once a pipeline: each
seed has a student of its own. With one seed the interval is one over its questions, which says
nothing of other students, so it is no verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from minir1.bench import rows as bench_rows
from minir1.bench.claims.claim import Arms, Claim, judged
from minir1.bench.pipeline import RECIPE

ABOUT = "small distilled models run on small devices"
COMMAND = "python -m minir1.bench student RUN"
ARM = "student"


def change(arms: Arms, form: str) -> Mapping[str, float]:
    """What rounding to this form changed, with its interval over the questions."""
    return next(one["change"] for one in arms[ARM]["forms"] if one["form"] == form)


def loses(says: str, form: str, most: float) -> Claim:
    """Rounded to this form, it loses no more than `most`."""
    return Claim(
        key=f"student/{form}",
        says=says,
        control="not rounded",
        arms=(ARM,),
        read=lambda arms: change(arms, form)["value"],
        low=-most,
    )


ROUNDED = (
    loses("the student, rounded to 8 bits, loses 2 points at most", "q8_0", 0.02),
    loses("and rounded to 4 bits, 5 points at most", "q4_0", 0.05),
)


def students() -> list[dict[str, Any]]:
    """The newest row of each seed's student."""
    kept = [one for one in bench_rows.read() if one["bench"] == "student"]
    return bench_rows.current(bench_rows.latest(kept), RECIPE)


def lines(claims: int, measured: Sequence[Mapping[str, Any]] | None = None) -> Iterator[dict]:
    """The lines of the table; `measured` are the rows that are read if none are given."""
    rows = [
        {"seed": row["seed"], "arm": ARM, "measured": row}
        for row in (students() if measured is None else measured)
    ]
    for claim in ROUNDED:
        line = judged(claim, rows, claims)
        if len(rows) == 1:
            form = claim.key.partition("/")[2]
            line["interval"] = change({ARM: rows[0]["measured"]}, form)
        yield line | {"about": ABOUT, "command": COMMAND}
