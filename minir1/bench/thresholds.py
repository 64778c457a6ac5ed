"""What the seeds must show, and the tables that say whether they did.

The thresholds were written down before the seeds were run: the history of this file shows it.
The tables are computed from the rows of `minir1/results/seeds.jsonl` and from nothing else.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from minir1.bench.cells import heading, line
from minir1.run import stats

Summary = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Threshold:
    """One sentence about a recipe that the seeds can refute.

    `read` takes the summaries of the base and of the policy after RL. The sentence holds if
    the 95% interval of the mean over seeds lies above `low` and below `high`.
    """

    recipe: str
    claim: str
    read: Callable[[Summary, Summary], float]
    low: float = -math.inf
    high: float = math.inf


def ratio(name: str) -> Callable[[Summary, Summary], float]:
    """After RL, as a multiple of the base."""
    return lambda base, final: final[name]["value"] / max(1e-9, base[name]["value"])


THRESHOLDS = (
    Threshold(
        "laptop",
        "the base is weak: pass@1 5% to 25%",
        lambda b, f: b["pass@1"]["value"],
        0.05,
        0.25,
    ),
    Threshold("laptop", "after RL: pass@1 60% or more", lambda b, f: f["pass@1"]["value"], 0.60),
    Threshold("laptop", "that is 3 times the base or more", ratio("pass@1"), 3.0),
    Threshold("laptop", "it thinks longer: 1.6 times or more", ratio("length"), 1.6),
    Threshold("laptop", "it checks itself: 3 times as often or more", ratio("checks"), 3.0),
    Threshold(
        "laptop",
        "it beats blind search that makes as many tries",
        lambda b, f: f["insight"]["surplus"]["value"],
        0.0,
    ),
    Threshold(
        "laptop_lying",
        "with a base whose checks lie, thinking does not grow",
        ratio("length"),
        high=1.1,
    ),
    Threshold(
        "laptop_long",
        "10 points above blind search that makes as many tries",
        lambda b, f: f["insight"]["surplus"]["value"],
        0.10,
    ),
)


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The results as a Markdown table: mean over seeds, with a paired 95% interval of the gain."""
    lines = heading("recipe", "seeds", "what", "base", "after RL", "paired change, 95% interval")
    for name in dict.fromkeys(row["recipe"] for row in rows):
        mine = [row for row in rows if row["recipe"] == name]
        for label, read in MEASURES.items():
            before, after = ([read(row[when]) for row in mine] for when in ("base", "final"))
            change = "one seed: no interval"
            if len(mine) > 1:
                change = f"{stats.seed_difference(before, after).interval:+.3g}"
            means = (f"{statistics.fmean(values):.3g}" for values in (before, after))
            lines.append(line(f"`{name}`", str(len(mine)), label, *means, change))
    return "\n".join(lines)


MEASURES = {
    "pass@1, held out": lambda one: one["pass@1"]["value"],
    "response length, tokens": lambda one: one["length"]["value"],
    "checks a response": lambda one: one["checks"]["value"],
    "first try right": lambda one: one["first_try"]["value"],
    "blind search, same tries": lambda one: one["insight"]["blind_at_same_tries"],
    "surplus over blind search": lambda one: one["insight"]["surplus"]["value"],
}


def verdicts(rows: Sequence[dict[str, Any]]) -> str:
    """Each threshold with the mean and 95% interval over seeds, and whether it holds."""
    lines = heading("recipe", "claim", "mean over seeds, 95% interval", "verdict")
    for one in THRESHOLDS:
        mine = [row for row in rows if row["recipe"] == one.recipe]
        if len(mine) < 2:
            lines.append(line(f"`{one.recipe}`", one.claim, f"{len(mine)} seeds", "not measured"))
            continue
        found = stats.over_seeds([one.read(row["base"], row["final"]) for row in mine])
        holds = one.low <= found.low and found.high <= one.high
        refuted = found.high < one.low or found.low > one.high
        verdict = "holds" if holds else "doesn't hold" if refuted else "can't tell"
        lines.append(line(f"`{one.recipe}`", one.claim, f"{found:.3g}", verdict))
    return "\n".join(lines)
