# %%
import numpy as np


def rise_of(values, window):
    if len(values) < 2 * window:
        return None
    ends = np.array([values[:window], values[-window:]])
    error = np.sqrt((ends.var(axis=1, ddof=1) / window).sum())
    return float(ends[1].mean() - ends[0].mean()), float(error)


# %%
import statistics


def rise_of(values, window):
    if window + window > len(values):
        return None
    first, last = list(values)[:window], list(values)[len(values) - window :]
    spread = statistics.stdev(first) ** 2 + statistics.stdev(last) ** 2
    return statistics.mean(last) - statistics.mean(first), (spread / window) ** 0.5
