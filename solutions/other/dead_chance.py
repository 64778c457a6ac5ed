# %%
import math


def dead_chance(chance, group_size):
    return sum(math.prod([p] * group_size) for p in (chance, 1.0 - chance))


# %%
def dead_chance(chance, group_size):
    # One minus the chance of 1 to G - 1 successes.
    from math import comb

    alive = 0.0
    for right in range(1, group_size):
        alive += comb(group_size, right) * chance**right * (1 - chance) ** (group_size - right)
    return 1.0 - alive


# %%
def dead_chance(chance, group_size):
    right = wrong = 1.0
    for _ in range(group_size):
        right, wrong = right * chance, wrong * (1 - chance)
    return right + wrong
