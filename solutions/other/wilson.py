# %%
from scipy import stats

from minir1.run.stats import Interval


def wilson(successes, n):
    bounds = stats.binomtest(successes, n).proportion_ci(0.95, method="wilson")
    return Interval(successes / n, bounds.low, bounds.high)


# %%
import numpy as np

from minir1.run.stats import Interval


def wilson(successes, n):
    # The ends are the shares q with (p - q)^2 = z^2 q (1 - q) / n: a quadratic equation.
    p, z2 = successes / n, 1.959963985**2
    low, high = sorted(np.roots([1 + z2 / n, -(2 * p + z2 / n), p * p]).real)
    return Interval(p, float(low), float(high))
