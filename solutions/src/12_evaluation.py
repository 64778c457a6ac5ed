# %% [markdown]
# # Exercises 12: how sure are you?
#
# A number without an interval says little. Three functions of [minir1/run/stats.py](../minir1/run/stats.py): the interval
# of a share, the majority vote, and by how much B is better than A on the same problems.
#
# An **answer cell** is graded alone, so it imports what it needs. `check(f)` grades, `hint(f)` opens the next of three
# hints, and `solution(f)` asks before it shows one.

# %%
from minir1.lab.desk import check, hint, peek, progress, solution

progress("12_evaluation")

# %% [markdown]
# ## 1. `wilson`
#
# k successes of n, p = k / n. The textbook interval p +- 1.96 sqrt(p (1 - p) / n) says "0 +- 0" when nothing succeeded.
# Wilson's doesn't. With z = 1.959964 it is
#
#     center = (p + z^2 / (2n)) / (1 + z^2 / n)
#     half   = z sqrt(p (1 - p) / n + z^2 / (4n^2)) / (1 + z^2 / n)
#
# Return an `Interval(value, low, high)`, with low and high at center -+ half; the value is p itself.

# %%
from minir1.run.stats import Interval


def wilson(successes: int, n: int) -> Interval:
    """The share of successes, with Wilson's interval (1927), which holds near 0 and 1 too.

    >>> print(wilson(0, 20), wilson(10, 20))
    0.000 [0.000, 0.161] 0.500 [0.299, 0.701]
    """
    # BEGIN SOLUTION
    z = 1.959964
    p = successes / n
    grow = 1 + z * z / n
    center = (p + z * z / (2 * n)) / grow
    half = z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5 / grow
    return Interval(p, center - half, center + half)
    # END SOLUTION


# %%
peek(wilson, 0, 20)

# %%
check(wilson)

# %% [markdown]
# ## 2. `majority`
#
# The answer that most samples gave. None is no vote; of equally frequent answers the one that came first wins; without
# any vote there is no majority, and the result is None.

# %%
from collections.abc import Sequence


def majority(answers: Sequence[str | None]) -> str | None:
    """The most frequent answer; of equally frequent ones the first. None is no vote.

    >>> majority(["7", None, "9", "9", None, None])
    '9'
    """
    # BEGIN SOLUTION
    votes = {}
    for answer in answers:
        if answer is None:
            continue
        votes[answer] = votes.get(answer, 0) + 1
    best, most = None, 0
    for answer in votes:
        if votes[answer] > most:
            best, most = answer, votes[answer]
    return best
    # END SOLUTION


# %%
check(majority)

# %% [markdown]
# ## 3. `paired_difference`
#
# Two policies on the same problems, several samples a problem. First take the mean of each problem, then the differences,
# problem by problem: the luck of the draw of problems is the same for both sides and drops out. Then the bootstrap: draw
# as many **problems** again, with replacement, 4,000 times or more; the 2.5% and 97.5% percentiles of the means are the
# interval, and its value is the mean difference. Why not draw samples again? If the experiment were made again, other problems would be drawn.
#
# Lists of different lengths can't be paired: a ValueError.

# %%
from collections.abc import Sequence

import numpy as np

from minir1.run.stats import Interval

Groups = Sequence[Sequence[int | float]]


def paired_difference(before: Groups, after: Groups, seed: int = 0) -> Interval:
    """after - before on the same problems, in the same order.

    Pairing takes the luck of the draw of problems out of the comparison: it is the same
    for both sides.

    >>> print(paired_difference([[0], [1], [0], [1]], [[1], [2], [1], [2]]))
    1.000 [1.000, 1.000]
    """
    # BEGIN SOLUTION
    if len(before) != len(after):
        raise ValueError("give both sides the same problems")
    means = [np.mean(after[i]) - np.mean(before[i]) for i in range(len(before))]
    differences = np.array(means)
    rng = np.random.default_rng(seed)
    picked = rng.integers(len(differences), size=(4000, len(differences)))
    draws = differences[picked].mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return Interval(float(differences.mean()), float(low), float(high))
    # END SOLUTION


# %%
check(paired_difference)

# %%
progress("12_evaluation")
