# %% [markdown]
# # Exercises 02: traces
#
# The base learns from thinking traces, RL shapes them, and the curves of the report are counts of what stands in them. You
# write a trace, read one back, judge its tries and count. The functions are those of
# [minir1/text/trace.py](../minir1/text/trace.py).
#
#     think  := try ( ";" try )*
#     try    := step ( "," step )* [ check ]
#     step   := a op b "=" c
#     check  := "?" target ( "yes" | "no" )
#
# An **answer cell** is graded alone, so it imports what it needs. `check(f)` grades, `hint(f)` opens the next of three
# hints, and `solution(f)` asks before it shows one.

# %%
from minir1.lab.desk import check, hint, peek, progress, solution

progress("02_tokens_and_a_base")

# %% [markdown]
# ## 1. `write_try`
#
# One try as text, words and signs separated by single spaces. `one.steps` holds (a, op, b, c) for each step. A check is
# written only if `said` is "yes" or "no".

# %%
from minir1.tasks.search import Try


def write_try(one: Try, target: int, said: str = "") -> str:
    """One try as text.

    >>> write_try(Try(((10, "+", 5, 15), (15, "*", 1, 15))), 15, "yes")
    '10 + 5 = 15 , 15 * 1 = 15 ? 15 yes'
    """
    # BEGIN SOLUTION
    steps = []
    for a, op, b, c in one.steps:
        steps.append(f"{a} {op} {b} = {c}")
    text = " , ".join(steps)
    if said:
        text = text + f" ? {target} {said}"
    return text
    # END SOLUTION


# %%
peek(write_try, Try(((10, "+", 5, 15), (15, "*", 1, 15))), 15, "yes")

# %%
check(write_try)

# %% [markdown]
# ## 2. `read_tries`
#
# The way back, from any text at all: what doesn't fit the grammar is passed over. Pieces between semicolons that have no
# step are no tries. If a piece has several checks, the last one counts. In `1 + 2 = 3 + 4 = 7` there is one step: the 3
# is used up. Numbers have up to four digits.
#
# A try that was read is a `WrittenTry(steps, said)`: a `Try` of its steps, (a, op, b, c) with whole numbers, as in
# exercise 1, and "yes", "no", or "" if the piece has no check.

# %%
from minir1.tasks.search import Try
from minir1.text.trace import WrittenTry


def read_tries(think: str) -> list[WrittenTry]:
    """The tries of a trace, in order; pieces without any step are passed over."""
    # BEGIN SOLUTION
    tries = []
    for piece in think.split(";"):
        words = [*piece.split(), "", "", "", ""]
        steps, said, i = [], "", 0
        while i + 4 < len(words):
            a, op, b, equals, c = words[i : i + 5]
            numbers = a.isdigit() and b.isdigit() and c.isdigit()
            if numbers and equals == "=" and len(op) == 1 and op in "+-*/":
                steps.append((int(a), op, int(b), int(c)))
                i += 5
                continue
            if a == "?" and op.isdigit() and words[i + 2] in ("yes", "no"):
                said = words[i + 2]
            i += 1
        if steps:
            tries.append(WrittenTry(Try(tuple(steps)), said))
    return tries
    # END SOLUTION


# %%
peek(read_tries, "10 - 5 = 5 , 5 * 1 = 5 ? 15 no ; hm ; 10 + 5 = 15")

# %%
check(read_tries)

# %% [markdown]
# ## 3. `is_right`
#
# Does a try really solve the problem? Walk its steps with a pool of numbers: each step takes two numbers from the pool and
# puts its result back. All arithmetic must be true and legal (`apply` says so), all numbers used, and what is left is the
# target.

# %%
from collections.abc import Sequence

from minir1.tasks.search import Try, apply


def is_right(one: Try, numbers: Sequence[int], target: int, max_value: int = 99) -> bool:
    """Whether a try really solves the problem: legal, arithmetic right, all numbers used once."""
    # BEGIN SOLUTION
    pool = list(numbers)
    for a, op, b, c in one.steps:
        if a not in pool:
            return False
        pool.remove(a)
        if b not in pool:
            return False  # a number that is not there
        if b in pool:
            pool.remove(b)
        if apply(a, op, b, max_value) != c:
            return False
        pool.append(c)
    return pool == [target]
    # END SOLUTION


# %%
check(is_right)

# %% [markdown]
# ## 4. `trace_stats`
#
# Count what one completion did. **Tries** are pieces with a step; **checks** are all checks in the text; a **retry** is a
# try after which a check said "no" and another try followed. Two tries that differ only by the order of terms or factors
# are one **distinct** try (`Try.key`). A check is **truthful** if its yes or no is so; only the checks of tries are asked
# that, one a try. `read_tries`, `is_right` and the pattern `CHECK` are there for you.
#
# What is returned is a `TraceStats` with the fields `tries`, `checks`, `retries`, `distinct_tries`, `first_try_right`
# (True or False) and `truthful_checks`.

# %%
from collections.abc import Sequence

from minir1.text.trace import CHECK, TraceStats, is_right, read_tries


def trace_stats(think: str, numbers: Sequence[int], target: int, max_value: int = 99) -> TraceStats:
    """Count tries, checks and retries of a trace on one Countdown problem."""
    # BEGIN SOLUTION
    tries = read_tries(think)
    right = [is_right(one.steps, numbers, target, max_value) for one in tries]
    truthful = [(one.said == 'yes') == ok for one, ok in zip(tries, right, strict=True) if one.said]
    return TraceStats(
        tries=len(tries),
        checks=len(CHECK.findall(think)),
        retries=sum(one.said == "no" for one in tries[:-1]),
        distinct_tries=len({one.steps.key for one in tries}),
        first_try_right=bool(right) and right[0],
        truthful_checks=sum(truthful),
    )
    # END SOLUTION


# %%
check(trace_stats)

# %%
progress("02_tokens_and_a_base")
