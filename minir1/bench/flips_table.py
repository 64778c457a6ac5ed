"""What flipped words must show, and the tables that say whether they did (`flips.py`).

The sentences were written down before any run was measured: the history of this file shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from statistics import fmean
from typing import Any

from minir1.bench.cells import heading, line
from minir1.bench.claims.claim import Claim, judged
from minir1.run.stats import seed_difference

MEASURES = {
    "ends": "its thinking ends at once",
    "answers": "its answer is that try",
    "right": "pass@1",
    "tries": "further tries",
}

Row = dict[str, Any]
sentence = partial(Claim, control="its own word left as it is", arms=("final",))


def moved(measured: Mapping[str, Any], said: str, what: str) -> float:
    """What the other word changes, in the mean over the pairs of one model."""
    return measured[said]["flipped"][what] - measured[said]["left"][what]


CLAIMS = (
    sentence(
        key="stops",
        says="told yes where it said no, R1-Zero ends its thinking at once",
        read=lambda arms: moved(arms["final"], "no", "ends"),
        low=0.80,
    ),
    sentence(
        key="believes",
        says="and then answers with the wrong try",
        read=lambda arms: moved(arms["final"], "no", "answers"),
        low=0.60,
    ),
    sentence(
        key="goes_on",
        says="told no where it said yes, it goes on: it ends at once less often",
        read=lambda arms: -moved(arms["final"], "yes", "ends"),
        low=0.80,
    ),
    sentence(
        key="listens",
        says="RL made it listen: the word changes more of what R1-Zero does than of its base",
        read=lambda arms: moved(arms["final"], "no", "ends") - moved(arms["base"], "no", "ends"),
        control="the same flip in its base",
        arms=("base", "final"),
        low=0.0,
    ),
    sentence(
        key="loses",
        says="told no on a right try, its pass@1 falls",
        read=lambda arms: -moved(arms["final"], "yes", "right"),
        low=0.20,
    ),
)
"""Each a difference of shares; it holds if all of its 95% interval lies above `low`."""


def newest(rows: Sequence[Row]) -> list[Row]:
    """Of runs that were measured again, the last time."""
    return list({(row["recipe"], row["seed"], row["arm"]): row for row in rows}.values())


def table(rows: Sequence[Row]) -> str:
    """Means over runs of both sides, and the paired difference with its 95% interval."""
    lines = heading("recipe", "model", "its word", "what follows", "left", "flipped", "change")
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in newest(rows):
        groups.setdefault((row["recipe"], row["arm"]), []).append(row)
    for (recipe, arm), mine in groups.items():
        for said in ("no", "yes"):
            found = [row["measured"][said] for row in mine]
            pairs = sum(one["pairs"] for one in found)
            word = f"{said}, {pairs:,} pairs in {len(mine)} runs"
            for what, label in MEASURES.items():
                sides = [[one[side][what] for one in found] for side in ("left", "flipped")]
                means = (f"{fmean(values):.3g}" for values in sides)
                change = "one run: no interval"
                if len(mine) > 1:
                    change = f"{seed_difference(*sides).interval:+.3g}"
                lines.append(line(f"`{recipe}`", arm, word, label, *means, change))
    return "\n".join(lines)


def verdicts(rows: Sequence[Row], recipe: str = "laptop") -> str:
    """Each sentence with its threshold, the mean and interval over runs, and the verdict."""
    lines = heading("claim", "against", "threshold", "difference, 95% interval", "verdict")
    mine = [row for row in newest(rows) if row["recipe"] == recipe]
    for one in CLAIMS:
        found = judged(one, mine, claims=1)
        lines.append(
            line(one.says, one.control, one.threshold, shown(found["interval"]), found["verdict"])
        )
    return "\n".join(lines)


def shown(interval: Mapping[str, float] | None) -> str:
    """A mean and its interval, in two digits."""
    if interval is None:
        return "not enough runs"
    return "{value:+.2f} [{low:+.2f}, {high:+.2f}]".format_map(interval)
