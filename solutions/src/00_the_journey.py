# %% [markdown]
# # Exercises 00: warm-ups on the journey
#
# Three small functions that you met on the journey of one prompt. They show how exercises work here:
#
# - An **answer cell** holds one function of the package, with its name, its signature and its promise. You write the
#   body. The cell is graded alone, in a process of its own, so it imports what it needs.
# - `check(f)` grades it on fresh inputs each time. Wrong is fine: the message says where, and names classic mistakes.
# - `hint(f)` opens a hint, then a plan, then nearly code. `solution(f)` asks before it shows one way to write it.
# - `progress()` is your board. It lies in a file beside your notebooks and survives a restart.
#
# Nothing here stops a notebook: **Run All** on the untouched exercise goes to the end.

# %%
from minir1.lab.desk import check, hint, peek, progress, solution

progress("00_the_journey")

# %% [markdown]
# ## 1. `apply`
#
# One step of Countdown: `a op b`, if that is legal. Legal is a whole number from 0 to `max_value`. A division must come
# out, and nothing is divided by zero.

# %%
def apply(a: int, op: str, b: int, max_value: int) -> int | None:
    """`a op b`, or None where it is not a whole number in 0..max_value.

    >>> apply(7, "-", 9, 99), apply(8, "/", 2, 99), apply(7, "/", 2, 99)
    (None, 4, None)
    """
    # BEGIN SOLUTION
    if op == "/":
        if b == 0 or a % b != 0:
            return None
        result = a // b
    else:
        result = {"+": a + b, "-": a - b, "*": a * b}[op]
    return result if 0 <= result <= max_value else None
    # END SOLUTION


# %%
peek(apply, 7, "-", 9, 99)

# %%
check(apply)

# %% [markdown]
# ## 2. `split_of`
#
# Training and held-out problems must never meet, in no run and on no machine. So the side of a problem is decided by a
# **hash** of its key: take the SHA-256 of the key's UTF-8 bytes, read its first 8 bytes as a big-endian number, divide
# by 2^64, and the problem is held out if this share is below `heldout_share`. (Python's own `hash` of a text differs
# from run to run.)

# %%
import hashlib
from typing import Literal

Split = Literal["train", "heldout"]


def split_of(key: str, heldout_share: float) -> Split:
    """The side of the split a key is on, for ever.

    >>> split_of("1 5 10", heldout_share=0.2)
    'train'
    """
    # BEGIN SOLUTION
    digest = hashlib.sha256(key.encode()).digest()
    u = int.from_bytes(digest[:8]) / 2**64
    return "heldout" if u < heldout_share else "train"
    # END SOLUTION


# %%
peek(split_of, "1 5 10", 0.2)

# %%
check(split_of)

# %% [markdown]
# ## 3. `blind_accuracy`
#
# The yardstick of the whole project. One random try is right with chance p. What share of such problems does a searcher
# solve who makes n tries, each blind to the others, and knows when one is right?

# %%
def blind_accuracy(chance: float, tries: int | float) -> float:
    """The blind curve 1 - (1 - p)^n of one problem.

    >>> round(blind_accuracy(0.5, 2), 3)
    0.75
    """
    # BEGIN SOLUTION
    return 1 - (1 - chance) ** tries
    # END SOLUTION


# %%
check(blind_accuracy)

# %%
progress("00_the_journey")
