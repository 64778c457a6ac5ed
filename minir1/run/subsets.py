"""What n samples would have done, from a pool of N: the mean over every n-subset of the pool.

    pass@n   one of n is right             1 - C(N - c, n) / C(N, n)               (stats.pass_at_k)
    maj@n    the most frequent of n        sum over answers a    P(a wins) * right share of a
    best@n   the one that scores highest   sum over samples i    P(i is on top) * value of i

A pool is sampled once and serves every n. The mean over all subsets is unbiased: it expects what n
fresh samples expect (Hoeffding 1948, U-statistics; Chen et al. 2021 for pass@k). Nothing is drawn
here: the subsets are counted. C(N, n) grows fast, so the counts are floats, exact to 1e-12.

Ties are shared: of two answers with the most votes, each wins in half of the cases. A sample
without an answer has no vote.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from math import comb

import numpy as np

from minir1.config.evaluation import MOST_SAMPLES

LARGEST = MOST_SAMPLES
"""The largest pool."""


def majority_at(keys: Sequence[Hashable | None], right: Sequence[int | float], n: int) -> float:
    """The chance that a vote of n samples is right. Equal keys are one answer; None is no vote.

    The winner hands in one of its own samples, so an answer counts by its share of right ones.

    >>> majority_at(["15", "15", "15", "7", "7"], [1, 1, 1, 0, 0], n=3)
    0.7
    """
    require_pool(len(keys), n)
    members: dict[Hashable, list[int | float]] = defaultdict(list)
    for key, value in zip(keys, right, strict=True):
        if key is not None:
            members[key].append(value)
    counts = [len(some) for some in members.values()]
    chances = winning(counts, len(keys) - sum(counts), n)
    shares = [sum(some) / len(some) for some in members.values()]
    return round(float(np.dot(chances, shares)), 12)


def winning(counts: Sequence[int], blanks: int, n: int) -> list[float]:
    """For each answer of a pool, the chance that it wins a vote of n samples.

    `counts` says how often each answer is in the pool, `blanks` how many samples have none.

    >>> winning([2, 1], blanks=0, n=2)          # of three pairs, one is a win and two are ties
    [0.6666666666666666, 0.3333333333333333]
    """
    size = sum(counts) + blanks
    chance = dict.fromkeys(counts, 0.0)  # answers that are as frequent win as often
    for votes in range(1, min(n, max(counts, default=0)) + 1):
        # Fewer copies than `votes` can't be in the way, whatever is drawn of them.
        rivals = [count for count in counts if count >= votes]
        rest = size - sum(rivals)
        for count in set(rivals):
            others = list(rivals)
            others.remove(count)
            ways = comb(count, votes) * _beaten(others, rest, votes, n - votes)
            chance[count] += ways / comb(size, n)
    return [chance[count] for count in counts]


def _beaten(rivals: Sequence[int], rest: int, votes: int, left: int) -> float:
    """Ways to draw `left` samples so that no rival has more than `votes`; k that tie share.

    `ways[k, m]` counts the draws of m samples in which k rivals tie: rival after rival.
    """
    most = min(len(rivals), left // votes)
    ways = np.zeros((most + 1, left + 1))
    ways[0] = [float(comb(rest, m)) for m in range(left + 1)]
    for count in rivals:
        grown = np.zeros_like(ways)
        for taken in range(min(votes, left + 1)):
            grown[:, taken:] += comb(count, taken) * ways[:, : left + 1 - taken]
        if votes <= left:
            grown[1:, votes:] += comb(count, votes) * ways[:-1, : left + 1 - votes]
        ways = grown
    return float(np.sum(ways[:, left] / np.arange(1, most + 2)))


def best_at(scores: Sequence[int | float], values: Sequence[int | float], n: int) -> float:
    """The mean value of the sample with the highest score of n. Equal scores share.

    The sample of rank r (1 is the lowest) is on top of C(r - 1, n - 1) subsets, which is
    C(r, n) - C(r - 1, n).

    >>> best_at(scores=[0.1, 0.9, 0.5], values=[1, 0, 1], n=2)      # on top: .9, .9, .5
    0.333333333333
    """
    require_pool(len(scores), n)
    by_score: dict[float, list[int | float]] = defaultdict(list)
    for score, value in zip(scores, values, strict=True):
        by_score[score].append(value)
    total, below = 0.0, 0
    for score in sorted(by_score):
        equal = by_score[score]
        ways = comb(below + len(equal), n) - comb(below, n)
        total += ways / comb(len(scores), n) * (sum(equal) / len(equal))
        below += len(equal)
    return round(total, 12)


def require_pool(size: int, n: int) -> None:
    """A ValueError where a pool has not n samples."""
    if not 1 <= n <= size <= LARGEST:
        raise ValueError(
            f"n = {n} of a pool of {size} samples can't be used: use 1 to {size}, "
            f"and pools of at most {LARGEST}"
        )
