"""Arithmetic: compute one expression.

    compute 7 * 3 + 2     ->     23

The easier sister of Countdown: the way to the answer is a calculation and no search. The
usual precedence counts, and every intermediate value is an integer in 0..max_value.

The answer must be one integer as people write it: `23`. Not `23.0`, `+23` or `023`, and no
expression. A grader that evaluates the answer pays 1.0 for `7 * 3 + 2`, an echo of the
question, and the policy finds that out within a few steps.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from minir1.tasks.base import Problem, Split, Verdict
from minir1.tasks.completion import parse
from minir1.tasks.expression import MAX_DIGITS, Value, evaluate, stays_in_range
from minir1.tasks.gold import is_integer, require_gold
from minir1.tasks.splits import draw_numbers, key_of

MAX_DRAWS = 10_000

_INTEGER = re.compile(r"0|-?[1-9][0-9]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Arithmetic:
    """Arithmetic problems with the dials of `config.TaskConfig`."""

    name: ClassVar[str] = "arithmetic"

    n_numbers: int = 3
    low: int = 1
    high: int = 12
    ops: str = "+-*"
    max_value: int = 99
    heldout_share: float = 0.2

    def problems(self, split: Split, seed: int) -> Iterator[Problem]:
        """An endless stream; the same split and seed give the same stream everywhere."""
        rng = random.Random(f"{self.name} {split} {seed}")
        while True:
            numbers, text, value = self._draw(rng, split)
            yield Problem(
                task=self.name,
                question=f"compute {text}",
                gold=value,
                key=key_of(numbers),
                solution=str(value),
            )

    def _draw(self, rng: random.Random, split: Split) -> tuple[list[int], str, int]:
        """Draw expressions until one stays in the range at every operation."""
        for _ in range(MAX_DRAWS):
            numbers = draw_numbers(
                rng, self.n_numbers, self.low, self.high, split, self.heldout_share
            )
            text = " ".join(f"{number} {rng.choice(self.ops)}" for number in numbers)[:-2]
            result = evaluate(text)
            if isinstance(result, Value) and stays_in_range(result, self.max_value):
                return numbers, text, int(result.value)
        raise ValueError(
            f"ops = {self.ops!r} leave no value in 0..{self.max_value} for numbers from "
            f"{self.low}..{self.high}: allow more operators or a larger max_value"
        )

    def verify(self, gold: Any, completion: str) -> Verdict:
        """Judge a completion against the value."""
        return verify_arithmetic(gold, completion)


def verify_arithmetic(gold: Any, completion: str) -> Verdict:
    """Judge a whole completion against `gold`, an integer.

    >>> verify_arithmetic(23, "<answer> 23 </answer>")
    <Verdict.CORRECT: 'CORRECT'>
    >>> verify_arithmetic(23, "<answer> 7 * 3 + 2 </answer>")
    <Verdict.MALFORMED: 'MALFORMED'>
    """
    require_gold(is_integer(gold), "gold", gold, "give one integer of at most 12 digits")
    parsed = parse(completion)
    if parsed.answer is None:
        return parsed.verdict or Verdict.MALFORMED
    if not _INTEGER.fullmatch(parsed.answer):
        return Verdict.MALFORMED
    if len(parsed.answer.lstrip("-")) > MAX_DIGITS:
        return Verdict.TOO_LARGE
    return Verdict.CORRECT if int(parsed.answer) == gold else Verdict.WRONG
