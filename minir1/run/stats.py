"""How sure a measurement is. Every accuracy in minir1 comes with a 95% interval.

One thing decides which interval is honest: what would change if the experiment were made
again? Other problems would be drawn. Many samples of one problem are therefore one
draw, not many, and a bootstrap has to redraw whole problems ("clustered").

| question                                      | answer                      |
|-----------------------------------------------|-----------------------------|
| what share succeeded, one sample a problem     | Wilson's interval           |
| a mean or share, any number of samples         | bootstrap over problems     |
| is B better than A, on the same problems       | bootstrap over differences  |
| is B better than A, over several seeds         | t interval of differences   |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy import stats

LEVEL = 0.95
RESAMPLES = 4000

Groups = Sequence[Sequence[int | float]]
"""The measurements of each problem: one list a problem."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A measured value, and the 95% interval around it."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        """The three numbers by name."""
        return asdict(self)

    def __format__(self, spec: str) -> str:
        """All three numbers in one format, such as `f"{interval:+.1%}"`."""
        return "{} [{}, {}]".format(*(format(x, spec or ".3f") for x in asdict(self).values()))

    def __str__(self) -> str:
        return format(self)


def wilson(successes: int, n: int) -> Interval:
    """The share of successes, with Wilson's interval (1927), which holds near 0 and 1 too.

    >>> print(wilson(0, 20), wilson(10, 20))
    0.000 [0.000, 0.161] 0.500 [0.299, 0.701]
    """
    bounds = stats.binomtest(successes, n).proportion_ci(LEVEL, method="wilson")
    return Interval(successes / n, float(bounds.low), float(bounds.high))


def mean(groups: Groups, seed: int = 0) -> Interval:
    """The mean over problems of each problem's mean; the bootstrap redraws whole problems.

    >>> print(mean([[1, 3], [4], [6, 6, 6], [2]]))
    3.500 [2.000, 5.000]
    """
    return _bootstrap(_problem_means(groups), seed)


def share(groups: Groups, seed: int = 0) -> Interval:
    """The mean of values that are all 0 or 1, such as right and wrong.

    Where the bootstrap sees no spread (all problems alike, for example none solved) it
    would claim to be certain. Then, and for one sample a problem, it is Wilson's interval.
    """
    means = _problem_means(groups)
    if all(len(group) == 1 for group in groups) or np.ptp(means) == 0:
        whole = round(float(means.sum()))
        if np.isclose(whole, means.sum()):
            return wilson(whole, len(means))
    return _bootstrap(means, seed)


def paired_difference(before: Groups, after: Groups, seed: int = 0) -> Interval:
    """after - before on the same problems, in the same order.

    Pairing takes the luck of the draw of problems out of the comparison: it is the same
    for both sides.

    >>> print(paired_difference([[0], [1], [0], [1]], [[1], [2], [1], [2]]))
    1.000 [1.000, 1.000]
    """
    if len(before) != len(after):
        raise ValueError(
            f"{len(before)} problems before and {len(after)} after can't be paired: "
            "evaluate both on the same problems"
        )
    return _bootstrap(_problem_means(after) - _problem_means(before), seed)


def over_seeds(values: Sequence[int | float] | np.ndarray, level: float = LEVEL) -> Interval:
    """The mean of one value a seed; Student's t supposes that they are about normal."""
    if len(values) < 2:
        raise ValueError(f"{len(values)} seeds have no spread to measure: run 2 or more")
    center = float(np.mean(values))
    half = float(stats.sem(values) * stats.t.ppf((1 + level) / 2, len(values) - 1))
    return Interval(center, center - half, center + half)


@dataclass(frozen=True, slots=True)
class SeedDifference:
    """B - A over seeds, seen in three ways, from most assuming to least."""

    interval: Interval
    """Student's t: supposes that the differences are about normal."""
    wilcoxon_p: float
    """Signed ranks: supposes only that they are symmetric."""
    sign_p: float
    """Signs: supposes nothing. With 5 seeds it can't fall below 2/32."""
    wins: int
    losses: int


def seed_difference(a: Sequence[int | float], b: Sequence[int | float]) -> SeedDifference:
    """Compare two settings that were run with the same seeds: value i of both is seed i.

    >>> result = seed_difference([.30, .34, .28, .33], [.40, .41, .42, .40])
    >>> print(result.interval, result.wins, result.sign_p)
    0.095 [0.042, 0.148] 4 0.125
    """
    if len(a) != len(b) or len(a) < 2:
        raise ValueError(
            f"{len(a)} and {len(b)} seeds can't be compared: run both with the same 2 or more"
        )
    differences = np.asarray(b, dtype=float) - np.asarray(a, dtype=float)
    wins, losses = int((differences > 0).sum()), int((differences < 0).sum())
    decided = wins + losses
    ranks = stats.wilcoxon(differences) if decided else None
    center = float(differences.mean())
    half = float(stats.sem(differences) * stats.t.ppf((1 + LEVEL) / 2, len(a) - 1))
    return SeedDifference(
        interval=Interval(center, center - half, center + half),
        wilcoxon_p=float(ranks.pvalue) if ranks else 1.0,  # pyright: ignore
        sign_p=float(stats.binomtest(wins, decided).pvalue) if decided else 1.0,
        wins=wins,
        losses=losses,
    )


def pass_at_k(n: int, c: int, k: int) -> float:
    """The chance that at least one of k tries is right, from n samples of which c were right.

        pass@k = 1 - C(n - c, k) / C(n, k)            (Chen et al. 2021, equation 1)

    It is the share of all k-subsets of the samples that hold a right one, so it is
    unbiased; 1 - (1 - c/n)^k is not. The product form never makes a large number.

    >>> pass_at_k(n=4, c=1, k=2)
    0.5
    """
    if not (0 <= c <= n and 1 <= k <= n):
        raise ValueError(f"pass@{k} of {n} samples, {c} right: needs 0 <= c <= n and 1 <= k <= n")
    if n - c < k:
        return 1.0
    return float(1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1)))


def majority(answers: Sequence[str | None]) -> str | None:
    """The most frequent answer; of equally frequent ones the first. None is no vote.

    >>> majority(["7", None, "9", "9", None, None])
    '9'
    """
    votes = Counter(answer for answer in answers if answer is not None)
    return votes.most_common(1)[0][0] if votes else None


def _problem_means(groups: Groups) -> np.ndarray:
    if not groups or not all(len(group) for group in groups):
        raise ValueError("an interval needs one or more problems, each with one or more values")
    return np.array([np.mean(group) for group in groups], dtype=float)


def _bootstrap(values: np.ndarray, seed: int) -> Interval:
    """The percentile interval of the mean when problems are drawn again with replacement."""
    center = float(values.mean())
    if len(values) == 1:
        raise ValueError("one problem has no spread to measure: use 2 problems or more")
    result = stats.bootstrap(
        (values,),
        np.mean,
        confidence_level=LEVEL,
        n_resamples=RESAMPLES,
        batch=500,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    bounds = result.confidence_interval
    return Interval(center, float(bounds.low), float(bounds.high))
