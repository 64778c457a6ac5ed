# %%
import numpy as np
from scipy import stats

from minir1.run.stats import Interval


def paired_difference(before, after, seed=0):
    if len(before) != len(after):
        raise ValueError("other problems")
    d = np.array([np.mean(a) for a in after]) - np.array([np.mean(b) for b in before])
    found = stats.bootstrap(
        (d,), np.mean, n_resamples=5000, method="percentile", rng=np.random.default_rng(seed)
    )
    return Interval(d.mean(), *map(float, found.confidence_interval))


# %%
import random
from statistics import fmean

from minir1.run.stats import Interval


def paired_difference(before, after, seed=0):
    if len(before) != len(after):
        raise ValueError(f"{len(before)} and {len(after)} problems can't be paired")
    d = [fmean(y) - fmean(x) for x, y in zip(before, after, strict=True)]
    rng = random.Random(seed)
    draws = sorted(fmean(rng.choices(d, k=len(d))) for _ in range(4000))
    return Interval(fmean(d), draws[99], draws[3899])
