"""The nouns of the grader: an exercise, the parts that earn its points, and their cases.

A case is one call. Its inputs are drawn fresh each time, so an answer can't know them. The
expected value comes from the package's own function, called on the same inputs; a part may
bring a judge of its own where more than one value is right.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor

Judge = Callable[[Any], str]
"""A plain value -> what is wrong with it, a key of the word table, or "" if it is right."""


@dataclass(frozen=True, slots=True)
class Case:
    """One call of the answer: `function(*args, **kwargs)`."""

    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    grad: tuple[int, ...] = ()
    """Positions of the arguments for which the gradient is compared too."""
    of: str | int = ""
    """What is differentiated: a field of the result, one of several results, or all of it."""
    after: int | None = None
    """The argument that the function changes in place: its value is compared, not the result."""
    take: int | None = None
    """The function is a generator: compare its first so many values."""
    raises: str = ""
    """The error that a right answer raises, by name."""
    judge: Judge | None = None
    trial: str = ""
    """The answer is a test, and its argument a subject: "right" or "broken" (`trials.py`)."""
    world: bool = False
    """As many processes as there are arguments call the function at once (`minir1/lab/spmd.py`):
    process r gets a peers object, then what the tuple args[r] holds. Their values are compared."""


@dataclass(frozen=True, slots=True)
class Given:
    """An argument that is a function, as text: the child makes the function from it."""

    text: str
    name: str


Cases = Callable[["Draw"], Iterable[Case]]


@dataclass(frozen=True, slots=True)
class Part:
    """Something that an answer does right or wrong, and what that is worth."""

    name: str
    points: int
    cases: Cases
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """A classic mistake, as a change in the text of the solution."""

    old: str
    new: str

    def apply(self, text: str) -> str:
        """The text with the mistake in it."""
        if text.count(self.old) != 1:
            raise ValueError(f"{self.old!r} stands {text.count(self.old)} times in the solution")
        return text.replace(self.old, self.new)


def as_it_is(value: Any) -> Any:
    """The value itself."""
    return value


@dataclass(frozen=True, kw_only=True, slots=True)
class Exercise:
    """One function that a learner writes."""

    of: Callable[..., Any] | None
    """The package's function: the source of expected values. None if the task is a free one."""
    name: str = ""
    notebook: str
    difficulty: int
    """1, a warm-up, to 5, an evening."""
    importance: int
    """1, a detail, to 5, the heart of the matter."""
    minutes: int
    needs: tuple[str, ...] = ()
    """Exercises that are better done before."""
    parts: tuple[Part, ...]
    mistakes: Mapping[str, Edit]
    """Classic wrong answers by the name under which the word table explains them."""
    same: Mapping[str, str] = field(default_factory=dict)
    """Automatic mutants that change nothing that can be seen, each with the reason."""
    tidy: Callable[[Any], Any] = as_it_is
    """Brings equally right plain values to one form, such as the order of a set."""
    rtol: float = 2e-4
    atol: float = 2e-5
    cpu_s: float = 3.0
    """Processor seconds that the answer may use for all its cases."""

    packages: tuple[str, ...] = ()
    """Extras that the answer needs, such as triton: where one is missing, nothing is graded."""

    WALL_TIMES: ClassVar[int] = 3
    """The wall clock may show so many times the processor's limit: machines are busy."""

    @property
    def id(self) -> str:
        """The name of the function."""
        return self.name or (self.of.__name__ if self.of is not None else "")

    @property
    def asks_for_kernel(self) -> bool:
        """Whether a kernel must write the result."""
        return "triton" in self.packages

    @property
    def max_points(self) -> int:
        """What a right answer earns."""
        return sum(part.points for part in self.parts)


class Draw(random.Random):
    """Random inputs: Python's own, and tensors from the same seed."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.generator = torch.Generator().manual_seed(seed)

    def normal(self, *shape: int, scale: int | float = 1.0) -> Tensor:
        """A tensor of normal numbers."""
        return torch.randn(*shape, generator=self.generator) * scale

    def coins(self, *shape: int, chance: float = 0.5) -> Tensor:
        """A tensor of true and false."""
        return torch.rand(*shape, generator=self.generator) < chance

    def integers(self, high: int, *shape: int) -> Tensor:
        """A tensor of whole numbers below `high`."""
        return torch.randint(high, shape, generator=self.generator)
