"""Two lines of the table: figures that are reproduced, and errors that are found out.

    again     per seed, 1 where every figure of a run came out again, equal to the last bit
    planted   per seed, the share of planted errors that were found; 0 where an honest bundle
              was accused

They are counts of what a command did, not draws from a spread: `holds` is all of them, in six
seeds or more. `python -m minir1.bench.review --table` tells which plant was found by whom.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from minir1.bench.claims.claim import FAILS, HOLDS, MISSING, SEEDS, UNSURE, Line, line
from minir1.bench.review.measure import read_results
from minir1.bench.review.plants import PLANTS
from minir1.bench.review.table import found_out, repeats

ABOUT = "reviewed and risk-assessed in the open"
COMMAND = "python -m minir1.bench.review"
AGAIN = "a published run is done again from its bundle, and its figures hold"
FOUND = "a bundle with a planted error is found out"


def verdict(by_seed: Mapping[int, float]) -> str:
    """All of all seeds, or not.

    >>> verdict({0: 1.0}), verdict(dict.fromkeys(range(6), 1.0)), verdict({0: 0.5, 1: 1.0})
    ("can't tell here", 'holds', "doesn't hold")
    """
    if not by_seed:
        return MISSING
    if min(by_seed.values()) < 1:
        return FAILS
    return HOLDS if len(by_seed) >= SEEDS else UNSURE


def lines() -> Iterator[Line]:
    """Both lines, as `minir1 claims --json` has them."""
    rows = read_results()
    parts = (
        ("again", AGAIN, "the run itself", repeats(rows), "all figures of all seeds"),
        ("planted", FOUND, "the same bundle, honest", found_out(rows), f"all {len(PLANTS)} kinds"),
    )
    for key, says, control, by_seed, threshold in parts:
        yield line(
            says,
            control,
            verdict(by_seed),
            COMMAND,
            key=f"review/{key}",
            about=ABOUT,
            seeds=sorted(by_seed),
            values=[by_seed[seed] for seed in sorted(by_seed)],
            threshold=threshold,
        )
