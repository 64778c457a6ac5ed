# %%
import numpy as np


def highest_window(values, window):
    if len(values) == 0:
        return None
    if len(values) < window:
        return float(np.mean(values))
    return float(np.convolve(values, np.ones(window) / window, "valid").max())


# %%
def highest_window(values, window):
    best, total, kept = None, 0.0, []
    for value in values:
        kept.append(value)
        total += value
        if len(kept) > window:
            total -= kept.pop(0)
        if len(kept) == min(window, len(values)):
            mean = total / len(kept)
            best = mean if best is None else max(best, mean)
    return best
