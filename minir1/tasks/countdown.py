"""Countdown: reach a target with given numbers, each used exactly once.

    make 15 from 10 5 1     ->     ( 10 + 5 ) * 1

The task that TinyZero made known as the smallest one that shows R1-Zero's effect. A problem
is cheap to make and its check is exact, but the way to an answer is a search: try, compare
with the target, go back. Every target is the value of a random try, so each problem has at
least one answer.

An answer is CORRECT when it is one expression, uses each given number exactly once, keeps
to the operators and the range of the task, and its exact value is the target.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

from minir1.tasks.base import Problem, Split, Verdict
from minir1.tasks.completion import parse
from minir1.tasks.expression import Fault, evaluate, stays_in_range
from minir1.tasks.gold import is_integer, require_gold
from minir1.tasks.search import Try, random_try
from minir1.tasks.splits import draw_numbers, key_of

MAX_DEAD_ENDS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Countdown:
    """Countdown problems with the dials of `config.TaskConfig`."""

    name: ClassVar[str] = "countdown"

    n_numbers: int = 3
    low: int = 1
    high: int = 12
    ops: str = "+-*"
    max_value: int = 99
    """Every intermediate value is an integer in 0..max_value."""
    heldout_share: float = 0.2

    def problems(self, split: Split, seed: int) -> Iterator[Problem]:
        """An endless stream; the same split and seed give the same stream everywhere."""
        rng = random.Random(f"{self.name} {split} {seed}")
        while True:
            numbers, found = self._draw(rng, split)
            yield Problem(
                task=self.name,
                question=f"make {found.value} from {' '.join(map(str, numbers))}",
                gold={"numbers": numbers, "target": found.value},
                key=key_of(numbers),
                solution=found.expression,
            )

    def _draw(self, rng: random.Random, split: Split) -> tuple[list[int], Try]:
        """Draw numbers until a random try on them doesn't end where no operation is legal."""
        for _ in range(MAX_DEAD_ENDS):
            numbers = draw_numbers(
                rng, self.n_numbers, self.low, self.high, split, self.heldout_share
            )
            with suppress(ValueError):
                return numbers, random_try(rng, numbers, self.ops, self.max_value)
        raise ValueError(
            f"ops = {self.ops!r} leave no legal try in 0..{self.max_value} for numbers from "
            f"{self.low}..{self.high}: allow more operators or a larger max_value"
        )

    def verify(self, gold: Any, completion: str) -> Verdict:
        """Judge a completion under this task's operators and range."""
        return verify_countdown(gold, completion, self.ops, self.max_value)


def verify_countdown(
    gold: Any, completion: str, ops: str = "+-*/", max_value: int | None = None
) -> Verdict:
    """Judge a whole completion against `gold`, {"numbers": [...], "target": n}.

    With a `max_value`, every intermediate value must be an integer in 0..max_value; without
    one, fractions and negative values are allowed. A gold may carry "ops" and "max_value" of
    its own, which then count instead.

    >>> gold = {"numbers": [10, 5, 1], "target": 15}
    >>> verify_countdown(gold, "<answer> (10 + 5) * 1 </answer>")
    <Verdict.CORRECT: 'CORRECT'>
    >>> verify_countdown(gold, "<answer> 10 + 5 </answer>")
    <Verdict.WRONG: 'WRONG'>
    """
    numbers, target, ops, max_value = _read_gold(gold, ops, max_value)
    parsed = parse(completion)
    if parsed.answer is None:
        return parsed.verdict or Verdict.MALFORMED
    result = evaluate(parsed.answer)
    if isinstance(result, Fault):
        return result.verdict
    right = (
        result.value == target
        and list(result.numbers) == sorted(numbers)
        and result.ops <= set(ops)
        and (max_value is None or stays_in_range(result, max_value))
    )
    return Verdict.CORRECT if right else Verdict.WRONG


def _read_gold(
    gold: Any, ops: str, max_value: int | None
) -> tuple[list[int], int, str, int | None]:
    require_gold(isinstance(gold, dict), "gold", gold, 'give {"numbers": [...], "target": n}')
    numbers, target = gold.get("numbers"), gold.get("target")
    ops, max_value = gold.get("ops", ops), gold.get("max_value", max_value)
    listed = isinstance(numbers, list | tuple) and len(numbers) > 0
    require_gold(
        listed and all(is_integer(number, low=0) for number in numbers),
        "gold.numbers",
        numbers,
        "give a list of integers of at least 0 and at most 12 digits",
    )
    require_gold(type(target) is int, "gold.target", target, "give one integer")
    known = isinstance(ops, str) and ops != "" and set(ops) <= set("+-*/")
    require_gold(known, "gold.ops", ops, 'give one or more of "+-*/"')
    ranged = max_value is None or is_integer(max_value, low=0)
    require_gold(ranged, "gold.max_value", max_value, "give an integer of at least 0")
    return list(numbers), target, ops, max_value
