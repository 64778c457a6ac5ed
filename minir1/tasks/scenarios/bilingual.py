"""Countdown asked in English or Indonesian. The verifier is Countdown's own.

    form fifteen using ten five one          buat lima belas dari sepuluh lima satu

The answer is an expression in signs, so accuracy knows no language. Which language the thinking
is in is another question, asked by `purity`: R1-Zero mixed them, because nobody paid it not to.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from minir1.tasks.base import Problem, Split, Verdict
from minir1.tasks.countdown import Countdown, verify_countdown
from minir1.tasks.scenarios.tongues import TONGUES, Tongue, say_number


@dataclass(frozen=True, kw_only=True, slots=True)
class Bilingual:
    """Countdown problems, each in one of two languages."""

    name: ClassVar[str] = "bilingual"

    countdown: Countdown = field(default_factory=Countdown)
    indonesian_share: float = 0.5

    def problems(self, split: Split, seed: int) -> Iterator[Problem]:
        """An endless stream; numbers and split are Countdown's."""
        rng = random.Random(f"{self.name} {split} {seed}")
        for problem in self.countdown.problems(split, seed):
            name = "indonesian" if rng.random() < self.indonesian_share else "english"
            yield Problem(
                task=self.name,
                question=ask(problem.gold, TONGUES[name]),
                gold=problem.gold | {"language": name},
                key=problem.key,
                solution=problem.solution,
            )

    def verify(self, gold: Any, completion: str) -> Verdict:
        """Judge the answer; the language of the thinking doesn't count here."""
        return verify_countdown(gold, completion, self.countdown.ops, self.countdown.max_value)


def ask(gold: Any, tongue: Tongue) -> str:
    """The question in one language.

    >>> ask({"numbers": [10, 5, 1], "target": 15}, TONGUES["indonesian"])
    'buat lima belas dari sepuluh lima satu'
    """
    numbers = " ".join(say_number(number, tongue) for number in gold["numbers"])
    return f"{tongue.make} {say_number(gold['target'], tongue)} {tongue.source} {numbers}"
