"""Patience or insight? What RL taught, split by a blind searcher that makes as many tries.

A blind searcher on one problem hits with chance p a try, stops at its first hit, and gives up
after N tries. It solves 1 - (1 - p)^N of such problems and makes (1 - (1 - p)^N) / p tries on
average. Two fair ways to set N for a policy that makes t tries on average:

    at the same tries  the blind searcher makes t tries on average too    (strict)
    at the same cap    the blind searcher makes at most t tries           (lenient)

The strict one knows that a searcher who stops at a hit saves tries for the hard problems. The
policy's accuracy above the blind searcher's is its surplus: better aim, or no repeated tries.
What the blind searcher solves as well is patience. p is exact: all tries of the problem are
enumerated (`minir1.tasks.search`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from minir1.run.stats import Interval, share
from minir1.tasks.search import chance_of

MAX_CAP = 400
DRAWS = 1000
CURVE = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 20)

Rule = Callable[[float, np.ndarray], float]


@lru_cache(maxsize=100_000)
def _chance(numbers: tuple[int, ...], target: int, ops: str, max_value: int) -> float:
    return chance_of(numbers, target, ops, max_value)


class BlindSearch:
    """The blind searcher on a set of problems, for every cap N at once.

    `weights` say how much each problem counts; the bootstrap draws them.
    """

    def __init__(self, chances: Sequence[float]) -> None:
        p = np.clip(np.asarray(chances, dtype=float), 1e-9, 1.0)[:, None]
        caps = np.arange(MAX_CAP + 1)[None]
        self.solved = 1.0 - (1.0 - p) ** caps  # (problems, caps)
        self.made = self.solved / p
        self.even = np.full(len(p), 1.0 / len(p))

    def at_same_tries(self, tries: int | float, weights: np.ndarray | None = None) -> float:
        """Share solved with the cap at which `tries` tries are made on average."""
        weights = self.even if weights is None else weights
        return float(np.interp(tries, weights @ self.made, weights @ self.solved))

    def at_cap(self, cap: int | float, weights: np.ndarray | None = None) -> float:
        """Share solved with at most `cap` tries."""
        weights = self.even if weights is None else weights
        return float(np.interp(cap, np.arange(MAX_CAP + 1), weights @ self.solved))


def insight(
    rows: Sequence[dict[str, Any]], ops: str, max_value: int, samples: int = 1, seed: int = 0
) -> dict[str, Any]:
    """Compare the rows of an evaluation, `samples` a problem, with blind search on the same."""
    golds = [row["gold"] for row in rows[::samples]]
    blind = BlindSearch(
        [_chance(tuple(sorted(g["numbers"])), g["target"], ops, max_value) for g in golds]
    )
    right = np.array([row["verdict"] == "CORRECT" for row in rows], dtype=float)
    tries = np.array([row["tries"] for row in rows], dtype=float)
    by_problem = right.reshape(-1, samples), tries.reshape(-1, samples)
    accuracy, made = (values.mean(1) for values in by_problem)

    def surplus(rule: Rule, weights: np.ndarray) -> float:
        return float(weights @ accuracy) - rule(float(weights @ made), weights)

    count = len(golds)
    draws = np.random.default_rng(seed).multinomial(count, blind.even, size=DRAWS) / count
    strict, lenient = (
        _interval(surplus(rule, blind.even), [surplus(rule, weights) for weights in draws])
        for rule in (blind.at_same_tries, blind.at_cap)
    )
    return {
        "accuracy": float(right.mean()),
        "tries": float(tries.mean()),
        "blind_at_same_tries": blind.at_same_tries(float(tries.mean())),
        "blind_at_same_cap": blind.at_cap(float(tries.mean())),
        "surplus": strict,
        "surplus_at_same_cap": lenient,
        "blind_curve": [[n, blind.at_cap(n)] for n in CURVE],
        "blind_curve_by_tries_made": [
            [float(blind.made[:, n].mean()), blind.at_cap(n)] for n in CURVE
        ],
        "policy_curve": [[n, *_share((right * (tries <= n)).reshape(-1, samples))] for n in CURVE],
    }


def _interval(value: float, draws: list[float]) -> dict[str, float]:
    """The percentile interval of the bootstrap over problems."""
    low, high = np.percentile(draws, [2.5, 97.5])
    return Interval(value, float(low), float(high)).to_json()


def _share(hits: np.ndarray) -> tuple[float, float, float]:
    interval = share(hits.tolist())
    return interval.value, interval.low, interval.high
