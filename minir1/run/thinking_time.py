"""More tokens at test time: what a pool of samples says about spending more on each question.

    one sample      what a user gets                                           pass@1
    majority vote   n samples, the most frequent answer                        maj@n
    verifier        n samples, a right one if there is one: an oracle's bound  pass@n
    reward model    n samples, the one that it likes best, and its true value  best@n

All cost n times the tokens of one sample, so each point stands with what it costs (R1's cons@64,
arXiv 2501.12948, section 3.1). A pool is sampled once and serves every n (`subsets.py`). Points
about the same questions are compared question by question. How to make one sample longer or
shorter is another dial (`forced.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minir1.run import stats
from minir1.run.evaluated import right
from minir1.run.subsets import best_at, majority_at, require_pool

Rows = Sequence[Mapping[str, Any]]
"""The samples of one question, from `rows` of an evaluation."""
Way = Callable[[Rows, int], float]
"""What n of a question's samples are worth on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One setting of one dial: what it costs and what it is worth, question by question."""

    way: str
    n: int | float
    """The dial: samples, the share of a budget, or how often an end is overruled."""
    tokens: float
    """Mean tokens a question."""
    seconds: float = 0.0
    """Of the machine, a question."""
    values: Sequence[float]
    """Of each question: its chance to be right, or the worth of its text."""

    @property
    def interval(self) -> stats.Interval:
        """The mean over questions; the bootstrap redraws whole questions."""
        return stats.mean([[value] for value in self.values])

    def gain(self, other: Sequence[float]) -> stats.Interval:
        """How much more it is worth than other values of the same questions."""
        return stats.paired_difference([[v] for v in other], [[v] for v in self.values])


def by_vote(rows: Rows, n: int) -> float:
    """The majority of n. Rows may say what their answers say; else the spelling counts.

    >>> rows = [{"answer": a, "verdict": "CORRECT" if a == "9" else "WRONG"} for a in "99997"]
    >>> by_vote(rows, 3)
    1.0
    """
    keys = [row.get("says", row["answer"]) for row in rows]
    return majority_at(keys, [right(row) for row in rows], n)


def by_verifier(rows: Rows, n: int) -> float:
    """Someone knows which of n are right, and takes one."""
    require_pool(len(rows), n)
    return stats.pass_at_k(len(rows), int(sum(map(right, rows))), n)


def by_score(score: str, truth: str) -> Way:
    """The one with the highest `score` of n; what counts is its `truth`."""

    def way(rows: Rows, n: int) -> float:
        return best_at([row[score] for row in rows], [row[truth] for row in rows], n)

    return way


def curve(
    name: str, pool: Sequence[Rows], ns: Sequence[int], way: Way, seconds: float = 0.0
) -> list[Point]:
    """A point for each n, all from the same samples, each of which took so many seconds."""
    fewest = min(map(len, pool))
    if wrong := [n for n in ns if not 1 <= n <= fewest]:
        raise ValueError(
            f"n = {wrong[0]} can't be used: use 1 to {fewest}, the samples of each question, "
            f"or sample more of them (`minir1 think RUN --samples {max(wrong)}`)"
        )
    tokens = mean_tokens(pool)
    return [
        Point(
            way=name,
            n=n,
            tokens=n * tokens,
            seconds=n * seconds,
            values=[way(rows, n) for rows in pool],
        )
        for n in ns
    ]


def mean_tokens(pool: Sequence[Rows]) -> float:
    """Tokens of one sample: the mean over questions of each question's mean."""
    means = [sum(row["tokens"] for row in rows) / len(rows) for rows in pool]
    return sum(means) / len(means)


def at_tokens(points: Sequence[Point], tokens: float) -> list[float] | None:
    """What each question of a curve is worth at other tokens, on straight lines in log tokens.

    None outside of the curve: what was not measured is not guessed.

    >>> one, four = (Point(way="", n=n, tokens=10.0 * n, values=[n / 4.0]) for n in (1, 4))
    >>> at_tokens([one, four], 20.0), at_tokens([one, four], 41.0)
    ([0.625], None)
    """
    points = sorted(points, key=lambda point: point.tokens)
    if not points[0].tokens <= tokens <= points[-1].tokens:
        return None
    places = [math.log(point.tokens) for point in points]
    each = np.array([point.values for point in points]).T
    return [float(np.interp(math.log(tokens), places, heights)) for heights in each]
