# %%
import numpy as np
from scipy.stats import binomtest, t, wilcoxon

from minir1.run.stats import Interval, SeedDifference


def seed_difference(a, b):
    if min(len(a), len(b)) < 2 or len(a) != len(b):
        raise ValueError("give two or more seeds, the same on both sides")
    d = np.array(b, float) - np.array(a, float)
    low, high = t.interval(0.95, d.size - 1, d.mean(), d.std(ddof=1) / d.size**0.5 + 1e-300)
    up, down = int(np.sum(d > 0)), int(np.sum(d < 0))
    if up + down == 0:
        return SeedDifference(Interval(0.0, 0.0, 0.0), 1.0, 1.0, 0, 0)
    sign = binomtest(up, up + down).pvalue
    return SeedDifference(Interval(d.mean(), low, high), wilcoxon(d).pvalue, sign, up, down)


# %%
import statistics

from scipy import stats

from minir1.run.stats import Interval, SeedDifference


def seed_difference(a, b):
    if len(a) == len(b) >= 2:
        gaps = [float(y) - float(x) for x, y in zip(a, b, strict=True)]
    else:
        raise ValueError("not the same seeds, or fewer than 2")
    center = statistics.fmean(gaps)
    reach = statistics.stdev(gaps) / len(gaps) ** 0.5 * stats.t(len(gaps) - 1).isf(0.025)
    wins, losses = (sum(sign * gap > 0 for gap in gaps) for sign in (1, -1))
    tosses = stats.binom(wins + losses, 0.5)
    sign_p = min(1.0, 2 * tosses.cdf(min(wins, losses)))
    return SeedDifference(
        Interval(center, center - reach, center + reach),
        stats.wilcoxon(gaps).pvalue if any(gaps) else 1.0,
        float(sign_p),
        wins,
        losses,
    )


# %%
from scipy import stats

from minir1.run.stats import Interval, SeedDifference


def seed_difference(a, b):
    """The paired t test knows the interval too."""
    if len(a) != len(b):
        raise ValueError("as many values on both sides")
    if len(a) in (0, 1):
        raise ValueError("two seeds or more")
    gaps = [y - x for x, y in zip(a, b, strict=True)]
    mean = sum(gaps) / len(gaps)
    ends = (mean, mean)
    if len(set(gaps)) > 1:
        ends = stats.ttest_rel(b, a).confidence_interval(0.95)
    wins, losses = sum(g > 0 for g in gaps), sum(g < 0 for g in gaps)
    tests = [1.0, 1.0]
    if wins or losses:
        tests = [stats.wilcoxon(gaps).pvalue, stats.binomtest(losses, wins + losses).pvalue]
    return SeedDifference(Interval(mean, float(ends[0]), float(ends[1])), *tests, wins, losses)
