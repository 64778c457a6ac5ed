"""The nouns of a result: how a part ended, and what an answer earned.

A status is a key of the word table (`minir1/lab/words/`), so that the same result reads in every
language. They are listed from best to worst: the worst of the parts is the answer's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from minir1.lab.grader.compare import Difference


class Status(StrEnum):
    """How a part of an exercise ended."""

    RIGHT = "right"
    WRONG_VALUE = "wrong_value"
    WRONG_GRADIENT = "wrong_gradient"
    WRONG_SHAPE = "wrong_shape"
    WRONG_TYPE = "wrong_type"
    CHANGED_INPUT = "changed_input"
    NO_ERROR = "no_error"
    """A right answer raises an error here, and this one did not."""
    LETS_PASS = "lets_pass"
    """A test that a broken subject passes."""
    REFUSES_RIGHT = "refuses_right"
    """A test that a right subject fails."""
    NO_KERNEL = "no_kernel"
    """The result is right, and no kernel wrote it."""
    CRASHED = "crashed"
    BORROWED = "borrowed"
    """It calls the package's own function."""
    TOO_SLOW = "too_slow"
    TOO_MUCH_MEMORY = "too_much_memory"
    TOO_MUCH_OUTPUT = "too_much_output"
    EXITED = "exited"
    """It ended its own process."""
    NOT_HERE = "not_here"
    """A package that it needs is not installed here: neither right nor wrong."""
    NOT_DONE = "not_done"


@dataclass(frozen=True, slots=True)
class PartOutcome:
    """What one part earned, and why not more."""

    name: str
    points: int
    max_points: int
    status: Status
    difference: Difference | None = None
    error: dict[str, Any] = field(default_factory=dict)
    """Of a crash: "type", "message", "line"."""
    said: str = ""
    """The key of a judge's remark."""
    call: str = ""
    """The call that went wrong, where it is short and no secret."""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one answer earned."""

    exercise: str
    status: Status
    parts: tuple[PartOutcome, ...]
    mistake: str = ""
    """The classic mistake that this answer makes, by its key in the word table."""
    seconds: float = 0.0
    seed: int = 0

    @property
    def points(self) -> int:
        """What the answer earned."""
        return sum(part.points for part in self.parts)

    @property
    def max_points(self) -> int:
        """What a right one earns."""
        return sum(part.max_points for part in self.parts)

    @property
    def first_fault(self) -> PartOutcome | None:
        """The first part that is not right."""
        return next((part for part in self.parts if part.status is not Status.RIGHT), None)
