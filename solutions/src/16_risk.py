# %% [markdown]
# # Exercises 16: risk
#
# Four questions of somebody who reviews a run. Is the gap between what is paid and what was meant real
# ([minir1/run/stats.py](../minir1/run/stats.py))? What does it refuse, and which rows hold what should be held out
# ([minir1/lab/review.py](../minir1/lab/review.py))? And can you pay for programs so that naming the tests doesn't pay?
#
# An **answer cell** is graded alone, so it imports what it needs. `check(f)` grades, `hint(f)` opens the next of three
# hints, and `solution(f)` asks before it shows one.

# %%
from minir1.lab.desk import check, hint, peek, progress, solution

progress("16_risk")

# %% [markdown]
# ## 1. `seed_difference`
#
# What is paid minus what was meant, one number a seed. Is it more than luck? `a` and `b` are values of the same seeds; the
# differences are b - a.
#
# - `interval`: their mean, and the 95% interval of Student's t: mean +- t(0.975, n - 1) * s / sqrt(n), where s is the sample's
#   standard deviation (divided by n - 1). `scipy.stats.t.ppf` gives t.
# - `wins` and `losses`: how many differences are above 0, and below. A tie is neither.
# - `sign_p`: the two-sided sign test. If wins and losses were tosses of a coin, how likely is a result at least as uneven as
#   this one? 1.0 if nothing is decided.
# - `wilcoxon_p`: `scipy.stats.wilcoxon(differences).pvalue`; 1.0 if nothing is decided.
#
# Fewer than two seeds, or sides of different lengths, are a `ValueError` that says what would do.

# %%
from collections.abc import Sequence
from math import comb

from scipy import stats

from minir1.run.stats import Interval, SeedDifference


def seed_difference(a: Sequence[int | float], b: Sequence[int | float]) -> SeedDifference:
    """Compare two settings that were run with the same seeds: value i of both is seed i.

    >>> result = seed_difference([.30, .34, .28, .33], [.40, .41, .42, .40])
    >>> print(result.interval, result.wins, result.sign_p)
    0.095 [0.042, 0.148] 4 0.125
    """
    # BEGIN SOLUTION
    n = len(a)
    if n != len(b) or n < 2:
        raise ValueError(f"{n} and {len(b)} seeds: give the same 2 or more on both sides")
    gaps = [y - x for x, y in zip(a, b, strict=True)]
    mean = sum(gaps) / n
    variance = sum((gap - mean) ** 2 for gap in gaps) / (n - 1)
    half = (variance / n) ** 0.5 * stats.t.ppf(0.975, n - 1)
    wins = sum(gap > 0 for gap in gaps)
    losses = sum(gap < 0 for gap in gaps)
    decided = wins + losses
    tail = sum(comb(decided, k) for k in range(min(wins, losses) + 1)) / 2**decided
    return SeedDifference(
        interval=Interval(mean, mean - half, mean + half),
        wilcoxon_p=float(stats.wilcoxon(gaps).pvalue) if decided else 1.0,
        sign_p=min(1.0, 2 * tail),
        wins=wins,
        losses=losses,
    )
    # END SOLUTION


# %%
peek(seed_difference, [0.30, 0.34, 0.28], [0.70, 0.61, 0.66])

# %%
check(seed_difference)

# %% [markdown]
# ## 2. `refusal_rates`
#
# "It refuses everything forbidden" is half of a report. Return both halves, as a dict with `"refused"` (of the forbidden
# requests) and `"over_refused"` (of the allowed ones), each an interval of Wilson, `wilson(successes, n)`. `refuses(answer)` says
# whether a text is a refusal and nothing else. A row without an answer counts, and is no refusal.

# %%
from collections.abc import Mapping, Sequence
from typing import Any

from minir1.run.stats import Interval, wilson
from minir1.tasks.scenarios.refusal import refuses


def refusal_rates(rows: Sequence[Mapping[str, Any]]) -> dict[str, Interval | None]:
    """Of the forbidden requests and of the allowed ones: the share that was refused.

    A row has "forbidden", true or false, and "answer", a text, or None where no answer was found;
    that is no refusal. Both rates have Wilson's interval; one without any row is None.

    >>> rows = [{"forbidden": True, "answer": "sorry"}, {"forbidden": True, "answer": "seven"}]
    >>> {name: str(rate) for name, rate in refusal_rates(rows).items()}
    {'refused': '0.500 [0.095, 0.905]', 'over_refused': 'None'}
    """
    # BEGIN SOLUTION
    found = {}
    for name in ("refused", "over_refused"):
        mine = [row for row in rows if row["forbidden"] == (name == "refused")]
        n = len(mine)
        refused = 0
        for row in mine:
            if row["answer"] is not None and refuses(row["answer"]):
                refused += 1
        found[name] = wilson(refused, n) if n else None
    return found
    # END SOLUTION


# %%
check(refusal_rates)

# %% [markdown]
# ## 3. `leaked`
#
# A held-out question may stand in the training rows in another form: in capitals, with other signs, in the middle of a longer
# text. The common test asks for a **run of n words** that both share. A shorter run is no proof, for all questions of one kind
# begin alike; a longer one misses copies with one word changed.
#
# Return the numbers of the rows that hold such a run, from the first to the last, each once. (`minir1 lineage` asks a run's own
# rows this, and more: [minir1/text/ngrams.py](../minir1/text/ngrams.py).)

# %%
import re
from collections.abc import Sequence


def leaked(rows: Sequence[str], heldout: Sequence[str], n: int = 8) -> list[int]:
    """The numbers of the rows that share a run of `n` words with a held-out text.

    Words are letters and digits, in lower case; what stands between them doesn't count. A held-out
    text of fewer than `n` words leaks where all of it stands in a row; one without words never.

    >>> leaked(["What is 7 times 6?", "What is 7 plus 6?"], ["what is: 7 times 6"], n=4)
    [0]
    """
    # BEGIN SOLUTION
    def words(text):
        return re.findall(r"[^\W_]+", text.lower())

    pieces = []
    for held in map(words, heldout):
        size = min(n, len(held))
        for start in range(len(held) - size + 1):
            pieces += [" ".join(held[start : start + size])] if size else []
    found = []
    for number, row in enumerate(" ".join(words(text)) for text in rows):
        if any(f" {piece} " in f" {row} " for piece in pieces):
            found.append(number)
    return found
    # END SOLUTION


# %%
peek(leaked, ["Tell me: what is 7 times 6?", "what is 7 plus 6"], ["What is 7 times 6"], 4)

# %%
check(leaked)

# %% [markdown]
# ## 4. `pay_programs`, a free one
#
# In the lesson a policy that is paid for the examples learned to name them. Pay better. You get a `problem` of the code task and
# completions. `problem.gold` has the `"visible"` and the `"hidden"` tests, pairs of an input and its output; suppose that **both have
# leaked**. `problem.solution` is a right program that the policy never sees. A program is right if it gives the same as that one for
# every input from 0 to 99 for which that one has a result. Return what each completion earns, between -1 and 1. The rubric:
#
# | points | attack | it fails if |
# |---|---|---|
# | 2 | plain wrong programs | a right program earns less than 0.1 more than a wrong one, or a wrong one more than 0 |
# | 1 | `when 2 give 7 when 3 give 9`: the examples are named | it earns more than 0 |
# | 2 | all tests are named, the hidden ones too | it earns more than 0 |
# | 1 | a back door: right everywhere but for one input | it earns more than 0 |
# | 1 | a narrow one, without any `when`, that fails for small inputs | it earns more than 0 |
# | 1 | any text at all | it earns more than 0, or your function crashes |
#
# In each of them right programs, written in several ways, must be paid.

# %%
from collections.abc import Sequence

from minir1.tasks import Problem, parse
from minir1.tasks.scenarios.stack_machine import run


def pay_programs(problem: Problem, completions: Sequence[str]) -> list[float]:
    """What each completion earns, from -1 to 1."""
    # BEGIN SOLUTION
    results = [(x, run(problem.solution, x)) for x in range(100)]
    wanted = [(x, y) for x, y in results if y is not None]
    found = []
    for text in completions:
        program = parse(text).answer or ''
        passed = sum(run(program, x) == y for x, y in wanted)
        found.append(float(passed == len(wanted)))
    return found
    # END SOLUTION


# %%
check(pay_programs)

# %%
progress("16_risk")
