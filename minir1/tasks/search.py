"""Blind search on Countdown: one random try, all tries, and what patience alone can solve.

A *try* combines the numbers two at a time until one is left:

    numbers 10 5 1:   10 + 5 = 15 , 15 * 1 = 15      expression ( 10 + 5 ) * 1

A blind searcher draws tries at random, with replacement, checks each without error and
stops at the first that is right. If one random try is right with chance p, then n tries
solve the problem with chance

    1 - (1 - p)^n                                                             (blind curve)

A policy that has only learned "don't stop on no" climbs this curve and stays on it. What
it solves above the curve, at the same number of tries, is better aim: insight, not patience.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

Step = tuple[int, str, int, int]
"""(a, op, b, c) means a op b = c."""

MAX_DRAWS = 1000


class Try(NamedTuple):
    """One way to combine all the numbers, right or not."""

    steps: tuple[Step, ...]

    @property
    def value(self) -> int:
        """What the last step gives."""
        return self.steps[-1][3]

    @property
    def expression(self) -> str:
        """The steps folded into one expression, tokens separated by spaces.

        >>> Try(((10, "+", 5, 15), (15, "*", 1, 15))).expression
        '( 10 + 5 ) * 1'
        """
        made: dict[int, list[str]] = {}  # value -> expressions made and not yet used
        text = ""
        for a, op, b, c in self.steps:
            left, right = (_take(made, operand) for operand in (a, b))
            text = f"{left} {op} {right}"
            made.setdefault(c, []).append(f"( {text} )")
        return text

    @property
    def key(self) -> tuple[Step, ...]:
        """The same for two tries that differ only by the order of terms or factors."""
        return tuple(
            (b, op, a, c) if op in "+*" and b < a else (a, op, b, c) for a, op, b, c in self.steps
        )


def _take(made: dict[int, list[str]], operand: int) -> str:
    pending = made.get(operand)
    return pending.pop() if pending else str(operand)


def apply(a: int, op: str, b: int, max_value: int) -> int | None:
    """`a op b`, or None where it is not a whole number in 0..max_value.

    >>> apply(7, "-", 9, 99), apply(8, "/", 2, 99), apply(7, "/", 2, 99)
    (None, 4, None)
    """
    if op == "+":
        c = a + b
    elif op == "-":
        c = a - b
    elif op == "*":
        c = a * b
    else:
        if b == 0 or a % b:
            return None
        c = a // b
    return c if 0 <= c <= max_value else None


def random_try(rng: random.Random, numbers: Sequence[int], ops: str, max_value: int) -> Try:
    """One blind try: an ordered pair and an operator at random, drawn again until legal."""
    pool, steps = list(numbers), []
    pick = rng.random  # several times faster than randrange; the pools are tiny
    n_ops = len(ops)
    for _ in range(MAX_DRAWS):
        n = len(pool)
        if n == 1:
            return Try(tuple(steps))
        i, j = int(pick() * n), int(pick() * (n - 1))
        j += j >= i
        a, b, op = pool[i], pool[j], ops[int(pick() * n_ops)]
        c = apply(a, op, b, max_value)
        if c is None:
            continue
        steps.append((a, op, b, c))
        pool = [x for k, x in enumerate(pool) if k != i and k != j]
        pool.append(c)
    raise ValueError(
        f"numbers = {tuple(numbers)} have no legal try with ops = {ops!r} and values in "
        f"0..{max_value}: allow more operators or a larger max_value"
    )


def legal_steps(numbers: Sequence[int], ops: str, max_value: int) -> Iterator[tuple[Step, list]]:
    """Every legal (step, numbers left) from `numbers`, ordered pairs counted apart."""
    for i, a in enumerate(numbers):
        for j, b in enumerate(numbers):
            for op in ops if i != j else "":
                c = apply(a, op, b, max_value)
                if c is not None:
                    rest = [x for k, x in enumerate(numbers) if k != i and k != j]
                    yield (a, op, b, c), [*rest, c]


def all_tries(numbers: Sequence[int], ops: str, max_value: int) -> dict[Try, float]:
    """Every try, with the probability that `random_try` draws it.

    >>> all_tries((3, 2), "+-", 99)  # 2 - 3 is not legal, so three draws are left
    ... # doctest: +NORMALIZE_WHITESPACE
    {Try(steps=((3, '+', 2, 5),)): 0.333..., Try(steps=((3, '-', 2, 1),)): 0.333...,
     Try(steps=((2, '+', 3, 5),)): 0.333...}
    """
    if len(numbers) == 1:
        return {Try(()): 1.0}
    tries: dict[Try, float] = {}
    steps = list(legal_steps(numbers, ops, max_value))
    for step, rest in steps:
        for tail, chance in all_tries(rest, ops, max_value).items():
            full = Try((step, *tail.steps))
            tries[full] = tries.get(full, 0.0) + chance / len(steps)
    return tries


def ordered_tries(numbers: Sequence[int], ops: str, max_value: int) -> list[Try]:
    """Every distinct try once, in the order of someone who leaves nothing out.

    First pair first, first operator first; a difference is written larger minus smaller.

    >>> [one.expression for one in ordered_tries((2, 3), "+-*", 99)]
    ['2 + 3', '3 - 2', '2 * 3']
    """
    if len(numbers) == 1:
        return [Try(())]
    tries = []
    for i, a in enumerate(numbers):
        for j in range(i + 1, len(numbers)):
            b = numbers[j]
            rest = [x for k, x in enumerate(numbers) if k not in (i, j)]
            for op in ops:
                large, small = max(a, b), min(a, b)
                first, second = (large, small) if op in "-/" else (a, b)
                c = apply(first, op, second, max_value)
                if c is not None:
                    step = (first, op, second, c)
                    tails = ordered_tries([c, *rest], ops, max_value)
                    tries += [Try((step, *tail.steps)) for tail in tails]
    return list({one.key: one for one in tries}.values())


def chance_of(numbers: Sequence[int], target: int, ops: str, max_value: int) -> float:
    """p: the chance that one blind try hits `target`."""
    tries = all_tries(numbers, ops, max_value)
    return sum((chance for one, chance in tries.items() if one.value == target), 0.0)


def blind_accuracy(chance: float, tries: int | float) -> float:
    """The blind curve 1 - (1 - p)^n of one problem.

    >>> round(blind_accuracy(0.5, 2), 3)
    0.75
    """
    return 1.0 - (1.0 - chance) ** tries
