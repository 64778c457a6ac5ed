"""A claim: one number a seed, the least that counts, and the verdict that its interval gives.

    d_s      = the number of seed s: an arm minus its control, with the same seed
    interval = mean(d) -+ t(1 - alpha / 2m, n - 1) * std(d) / sqrt(n)       m claims, n seeds

It is Student's interval with Bonferroni's correction: with 95% confidence, all m intervals of the
table are right together. `holds`: the whole interval lies beyond the threshold. `doesn't hold`: it
lies on the other side. Anything else, and fewer than six seeds, is `can't tell here`: so is a
difference that is zero in every seed because both sides are at their best.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from minir1.run.stats import LEVEL, Interval, over_seeds

HOLDS, FAILS, UNSURE, MISSING = "holds", "doesn't hold", "can't tell here", "not measured"
SEEDS = 6
"""The fewest that a verdict needs."""

Arms = Mapping[str, Mapping[str, Any]]
"""What the arms of one seed measured, by arm."""
Line = dict[str, Any]
"""One sentence of the table, with its numbers and its verdict."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """One sentence that the seeds can refute."""

    key: str
    says: str
    control: str
    """What it is compared with."""
    arms: tuple[str, ...]
    """Those whose rows `read` needs."""
    read: Callable[[Arms], float]
    low: float = -math.inf
    high: float = math.inf
    ratio: bool = False
    """`read`, `low` and `high` are logarithms of ratios, and are shown as ratios."""

    @property
    def threshold(self) -> str:
        """The least or most that counts, as text.

        >>> Claim(key="a", says="", control="", arms=(), read=lambda a: 0.0, low=0.05).threshold
        'above 0.05'
        """
        ends = (("above", self.low), ("below", self.high))
        finite = [(word, end) for word, end in ends if math.isfinite(end)]
        return " and ".join(f"{word} {self.natural(end):g}{self.unit}" for word, end in finite)

    @property
    def unit(self) -> str:
        """What stands behind a number of this claim."""
        return " times" if self.ratio else ""

    def natural(self, value: float) -> float:
        """A value as a reader wants it: the logarithm of a ratio as the ratio."""
        return math.exp(value) if self.ratio else value


def simultaneous(values: Sequence[float], claims: int) -> Interval:
    """The mean over seeds, and an interval that holds for all `claims` together.

    >>> one, many = (simultaneous([0.1, 0.2, 0.3], claims) for claims in (1, 20))
    >>> round(one.low, 2), round(many.low, 2)
    (-0.05, -0.95)
    """
    if len(values) < 2:
        return Interval(values[0], -math.inf, math.inf)
    return over_seeds(values, 1 - (1 - LEVEL) / claims)


def verdict(claim: Claim, interval: Interval, seeds: int) -> str:
    """What the interval says of the claim."""
    if seeds < SEEDS:
        return UNSURE if seeds else MISSING
    if claim.low < interval.low and interval.high < claim.high:
        return HOLDS
    return FAILS if interval.high < claim.low or claim.high < interval.low else UNSURE


def judged(claim: Claim, rows: Sequence[Mapping[str, Any]], claims: int) -> Line:
    """The line of a claim, from the rows of all arms and seeds."""
    by_seed: dict[int, dict[str, Any]] = {}
    for row in rows:
        by_seed.setdefault(row["seed"], {})[row["arm"]] = row["measured"]
    whole = {s: a for s, a in sorted(by_seed.items()) if all(arm in a for arm in claim.arms)}
    values = [claim.read(arms) for arms in whole.values()]
    interval = simultaneous(values, claims) if values else None
    finite = interval is not None and math.isfinite(interval.low)
    return {
        "key": claim.key,
        "claim": claim.says,
        "control": claim.control,
        "seeds": list(whole),
        "values": [round(claim.natural(value), 6) for value in values],
        "interval": _shown(claim, interval) if interval and finite else None,
        "unit": claim.unit,
        "threshold": claim.threshold,
        "verdict": verdict(claim, interval, len(values)) if interval else MISSING,
        "published": False,
    }


def line(says: str, control: str, verdict: str, command: str, **rest: Any) -> Line:
    """A line of the table that was not made from a claim."""
    blank = {"seeds": [], "values": [], "interval": None, "threshold": ""}
    blank |= {"unit": "", "published": False}
    return {"claim": says, "control": control, "verdict": verdict, "command": command} | (
        blank | rest
    )


def _shown(claim: Claim, interval: Interval) -> dict[str, float]:
    return {name: claim.natural(value) for name, value in interval.to_json().items()}
