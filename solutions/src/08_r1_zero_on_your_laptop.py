# %% [markdown]
# # Exercises 08: before you train
#
# Three questions to ask before any RL: how many groups will teach nothing, what to do with them, and how good would the
# policy be with more tries? The last function is that of [minir1/run/stats.py](../minir1/run/stats.py); the second is
# the heart of [minir1/rl/groups.py](../minir1/rl/groups.py).

# %%
from minir1.lab.desk import check, hint, peek, progress, solution

progress("08_r1_zero_on_your_laptop")

# %% [markdown]
# ## 1. `dead_chance`
#
# A rollout is right with chance p, and a group has G of them. With what chance is the group **dead**: all rewards equal,
# so that nobody is better than anybody?
#
# **Predict** it for p = .02 and G = 8 before you compute it.

# %%
def dead_chance(chance: float, group_size: int) -> float:
    """The chance that all rollouts of a group get the same reward, right or wrong."""
    # BEGIN SOLUTION
    all_right = chance**group_size
    all_wrong = (1 - chance) ** group_size
    return all_right + all_wrong
    # END SOLUTION


# %%
peek(dead_chance, 0.02, 8)

# %%
check(dead_chance)

# %% [markdown]
# ## 2. `fill_batch`
#
# DAPO's dynamic sampling asks new questions in place of dead groups. It gives up after some rounds, and then has to make
# do with what there is. `totals` holds the rewards of each group, in the order in which they were sampled. Return the
# numbers of the groups that make a batch of `wanted`: the live ones in order, then dead ones in order until there are
# enough.

# %%
from collections.abc import Sequence


def fill_batch(totals: Sequence[Sequence[float]], wanted: int) -> list[int]:
    """Which groups make the batch: live ones in order, then dead ones until there are enough."""
    # BEGIN SOLUTION
    live, dead = [], []
    for number, group in enumerate(totals):
        if len(set(group)) == 1:
            dead.append(number)
        else:
            live.append(number)
    return (live + dead)[:wanted]
    # END SOLUTION


# %%
check(fill_batch)

# %% [markdown]
# ## 3. `pass_at_k`
#
# You drew n samples of one problem, and c of them are right. What is the chance that at least one of k is right? Not
# 1 - (1 - c/n)^k: that is biased. Count instead: of all k-subsets of your n samples, which share holds a right one?
# It takes 0 <= c <= n and 1 <= k <= n; other numbers are a ValueError.

# %%
import math


def pass_at_k(n: int, c: int, k: int) -> float:
    """The chance that at least one of k tries is right, from n samples of which c were right.

        pass@k = 1 - C(n - c, k) / C(n, k)            (Chen et al. 2021, equation 1)

    It is the share of all k-subsets of the samples that hold a right one, so it is
    unbiased; 1 - (1 - c/n)^k is not. The product form never makes a large number.

    >>> pass_at_k(n=4, c=1, k=2)
    0.5
    """
    # BEGIN SOLUTION
    if not (0 <= c <= n and 1 <= k <= n):
        raise ValueError(f"n = {n}, c = {c}, k = {k}: needs 0 <= c <= n and 1 <= k <= n")
    return 1 - math.comb(n - c, k) / math.comb(n, k)
    # END SOLUTION


# %%
peek(pass_at_k, 4, 1, 2)

# %%
check(pass_at_k)

# %%
progress("08_r1_zero_on_your_laptop")
