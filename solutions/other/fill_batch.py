# %%
def fill_batch(totals, wanted):
    order = sorted(range(len(totals)), key=lambda i: max(totals[i]) == min(totals[i]))
    return order[:wanted]


# %%
import numpy as np


def fill_batch(totals, wanted):
    spread = np.array([np.std(group) for group in totals])
    live, dead = np.flatnonzero(spread > 0), np.flatnonzero(spread == 0)
    return np.concatenate([live, dead])[:wanted].tolist()


# %%
def fill_batch(totals, wanted):
    chosen = [i for i, g in enumerate(totals) if any(r != g[0] for r in g)][:wanted]
    for i, g in enumerate(totals):
        if len(chosen) < wanted and i not in chosen and all(r == g[0] for r in g):
            chosen.append(i)
    return chosen
