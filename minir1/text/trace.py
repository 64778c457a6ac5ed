"""Reading a thinking trace: its tries, checks and retries. The inverse of writing one.

    think  := try ( ";" try )*
    try    := step ( "," step )* [ check ]
    step   := a op b "=" c
    check  := "?" target ( "yes" | "no" )

    10 - 5 = 5 , 5 * 1 = 5 ? 15 no ; 10 + 5 = 15 , 15 * 1 = 15 ? 15 yes

The reader takes any text: what doesn't fit the grammar is passed over, never an error. What
it counts are the three curves of R1-Zero in small: checks are self-verification, a try
after a "no" is a retry.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from minir1.tasks.scenarios.tongues import to_signs
from minir1.tasks.search import Try, apply

STEP = re.compile(r"(\d{1,4}) ([-+*/]) (\d{1,4}) = (\d{1,4})")
CHECK = re.compile(r"\? \d{1,4} (yes|no)")


@dataclass(frozen=True, slots=True)
class WrittenTry:
    """One try as it was written: its steps, and what its check said, if there was one."""

    steps: Try
    said: str
    """ "yes", "no", or "" where the try has no check."""


def signs_of(think: str, gold: Mapping[str, Any]) -> str:
    """A thinking in signs, where its problem was asked in one of the toy's spoken languages.

    >>> signs_of("10 tambah 5 jadi 15", {"language": "indonesian"})
    '10 + 5 = 15'
    """
    return to_signs(think) if "language" in gold else think


def write_try(one: Try, target: int, said: str = "") -> str:
    """One try as text.

    >>> write_try(Try(((10, "+", 5, 15), (15, "*", 1, 15))), 15, "yes")
    '10 + 5 = 15 , 15 * 1 = 15 ? 15 yes'
    """
    text = " , ".join(f"{a} {op} {b} = {c}" for a, op, b, c in one.steps)
    return f"{text} ? {target} {said}" if said else text


def read_tries(think: str) -> list[WrittenTry]:
    """The tries of a trace, in order; pieces without any step are passed over."""
    tries = []
    for piece in think.split(";"):
        steps = tuple((int(a), op, int(b), int(c)) for a, op, b, c in STEP.findall(piece))
        said = CHECK.findall(piece)
        if steps:
            tries.append(WrittenTry(Try(steps), said[-1] if said else ""))
    return tries


def is_right(one: Try, numbers: Sequence[int], target: int, max_value: int = 99) -> bool:
    """Whether a try really solves the problem: legal, arithmetic right, all numbers used once."""
    pool = Counter(numbers)
    for a, op, b, c in one.steps:
        pool.subtract((a, b))
        if min(pool.values()) < 0 or apply(a, op, b, max_value) != c:
            return False
        pool[c] += 1
    return one.value == target and sum(pool.values()) == 1


@dataclass(frozen=True, slots=True)
class TraceStats:
    """What one completion did, in counts."""

    tries: int
    checks: int
    retries: int
    """Tries made after a check that said no."""
    distinct_tries: int
    first_try_right: bool
    truthful_checks: int
    """Checks whose yes or no is so."""


def trace_stats(think: str, numbers: Sequence[int], target: int, max_value: int = 99) -> TraceStats:
    """Count tries, checks and retries of a trace on one Countdown problem."""
    tries = read_tries(think)
    right = [is_right(one.steps, numbers, target, max_value) for one in tries]
    checks = [(one, ok) for one, ok in zip(tries, right, strict=True) if one.said]
    return TraceStats(
        tries=len(tries),
        checks=len(CHECK.findall(think)),
        retries=sum(one.said == "no" for one in tries[:-1]),
        distinct_tries=len({one.steps.key for one in tries}),
        first_try_right=bool(right and right[0]),
        truthful_checks=sum((one.said == "yes") == ok for one, ok in checks),
    )
