"""The nouns of a task: a problem, a verdict, and the task that makes and judges them.

A verifier never raises on model output. Whatever the text is, it returns a `Verdict`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable


class Verdict(StrEnum):
    """What a verifier says of one completion. The list is closed."""

    CORRECT = "CORRECT"
    WRONG = "WRONG"
    NO_ANSWER = "NO_ANSWER"
    """There is no answer part, or it is empty."""
    MALFORMED = "MALFORMED"
    """There is an answer that can't be read: no expression, or a broken structure."""
    TOO_LARGE = "TOO_LARGE"
    """The text or a number in it is over a limit; it was not evaluated."""
    TIMEOUT = "TIMEOUT"
    """The verifier's worker ran out of time, or was lost twice: nothing was judged."""


Split = Literal["train", "heldout"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One question and the gold that judges its answers.

    `key` names what must not leak between splits: for Countdown the multiset of numbers.
    """

    task: str
    question: str
    gold: Any
    key: str
    solution: str = ""
    """One right answer, where the generator knows it."""


@runtime_checkable
class Task(Protocol):
    """A source of problems with an exact verifier."""

    name: ClassVar[str]

    def problems(self, split: Split, seed: int) -> Iterator[Problem]:
        """An endless, seeded stream of problems from one split."""
        ...

    def verify(self, gold: Any, completion: str) -> Verdict:
        """Judge a whole completion, tags included. Never raises on any text."""
        ...
