# %% [markdown]
# # Exercises 09: six patients without a name
#
# Windows and noise first, with two functions of [minir1/run/doctor/diary.py](../minir1/run/doctor/diary.py). Then six
# runs of the clinic whose labels were taken off.
#
# An **answer cell** is graded alone, so it imports what it needs. `check(f)` grades, `hint(f)` opens the next of three
# hints, and `solution(f)` asks before it shows one.

# %%
from minir1.lab.desk import check, hint, peek, progress, solution

progress("09_the_doctor_and_the_clinic")

# %% [markdown]
# ## 1. `highest_window`
#
# "It was better before": before *when*? A single good step proves nothing, so the doctor compares with the best **window**: the
# highest mean of any `window` neighbours. Windows overlap: steps 1 to 8, 2 to 9, and so on. Fewer values than a window are
# one (short) window; no values have no window, and the result is None.

# %%
from collections.abc import Sequence


def highest_window(values: Sequence[float], window: int) -> float | None:
    """The highest mean of any `window` neighbours; of all values, if there are fewer.

    >>> highest_window([0.0, 1.0, 1.0, 0.0], 2), highest_window([0.25], 2), highest_window([], 2)
    (1.0, 0.25, None)
    """
    # BEGIN SOLUTION
    if not values:
        return None
    means = []
    for start in range(max(1, len(values) - window + 1)):
        part = values[start : start + window]
        means.append(sum(part) / len(part))
    return max(means)
    # END SOLUTION


# %%
peek(highest_window, [0.1, 0.2, 0.6, 0.5, 0.2], 2)

# %%
check(highest_window)

# %% [markdown]
# ## 2. `rise_of`
#
# Did it rise, or is that noise? Take the first window and the last one.
#
#     rise  = mean(last) - mean(first)
#     error = sqrt(variance(first) / window + variance(last) / window)
#
# with the sample variance, divided by `window - 1`. The spread is measured **inside** each window: a steep rise between them is no
# noise. If the two windows would overlap, it is too early, and the result is None.

# %%
from collections.abc import Sequence


def rise_of(values: Sequence[float], window: int) -> tuple[float, float] | None:
    """Mean of the last window - mean of the first, and the standard error of that difference.

    The error comes from how much the steps inside each window differ: of each window it is
    sqrt(variance / window), and the squares of two independent errors add up. None if the two
    windows would overlap.

    >>> rise_of([0.0, 1.0, 1.0, 2.0], 2)
    (1.0, 0.7071067811865476)
    """
    # BEGIN SOLUTION
    if len(values) < 2 * window:
        return None
    means, noise = [], 0.0
    for part in (values[:window], values[-window:]):
        mean = sum(part) / window
        means.append(mean)
        noise += sum((x - mean) ** 2 for x in part) / (window - 1) / window
    return means[1] - means[0], noise**0.5
    # END SOLUTION


# %%
check(rise_of)

# %% [markdown]
# ## 3. `diagnose`, a free one
#
# Six runs, A to F. Five were broken on purpose, one is well. Grey: where healthy runs are (a healthy run can leave it here and
# there, too). Look at the four sets of curves: `money`, `writing`, `updates` and `machinery`.

# %%
from minir1.lab.explore import explore
from minir1.lab.ward import PATIENTS, SETS, names
from minir1.lab.ward import show as show_patient

explore(show_patient, letter=list(PATIENTS), curves=list(SETS))

# %%
print(*names(), sep="\n")

# %% [markdown]
# Give each patient **one** name from this list: the cause, not its symptoms. The findings stand in the doctor's order: where two
# fit, the upper one comes first. A point for each.

# %%


def diagnose() -> dict[str, str]:
    """The name of the illness of each patient, A to F; "healthy" for the one that is well."""
    # BEGIN SOLUTION
    return {
        "A": "format_failures",  # hot: entropy is high too, but the tags break first
        "B": "proxy_gap",  # what is paid and what is right move apart
        "C": "clipping",  # many updates from one batch: far more tokens are clipped
        "D": "healthy",
        "E": "thinking_shrinks",  # it gets shorter, and nothing is cut off
        "F": "dead_experts",  # one expert has several times its share
    }
    # END SOLUTION


# %%
check(diagnose)

# %%
progress("09_the_doctor_and_the_clinic")
