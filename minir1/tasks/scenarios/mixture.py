"""All scenarios in one stream: each problem is of one kind, and its own kind judges it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from minir1.tasks.base import Problem, Split, Task, Verdict
from minir1.tasks.countdown import Countdown
from minir1.tasks.scenarios.bilingual import Bilingual
from minir1.tasks.scenarios.manners import Manners
from minir1.tasks.scenarios.refusal import Refusal
from minir1.tasks.scenarios.stack import Stack


@dataclass(frozen=True, slots=True)
class Mixture:
    """Several tasks by weight. The gold of each problem says which task judges it."""

    name: ClassVar[str] = "scenarios"

    kinds: tuple[tuple[Task, float], ...]
    max_value: int = 99
    """The largest value of a Countdown problem."""

    def problems(self, split: Split, seed: int) -> Iterator[Problem]:
        """An endless stream of problems; the kinds come in the proportion of their weights."""
        rng = random.Random(f"{self.name} {split} {seed}")
        streams = [kind.problems(split, seed) for kind, _ in self.kinds]
        weights = [weight for _, weight in self.kinds]
        while True:
            problem = next(rng.choices(streams, weights)[0])
            gold = problem.gold | {"task": problem.task}
            yield Problem(problem.task, problem.question, gold, problem.key, problem.solution)

    def verify(self, gold: Any, completion: str) -> Verdict:
        """Judge by the task that made the problem."""
        return self.by_name[gold["task"]].verify(gold, completion)

    @property
    def by_name(self) -> Mapping[str, Task]:
        """Each task by its name."""
        return {kind.name: kind for kind, _ in self.kinds}


def make_scenarios(config: Any, countdown: Countdown) -> Mixture:
    """The tasks of a `config.ScenariosConfig`, by weight."""
    kinds = (
        (
            Bilingual(countdown=countdown, indonesian_share=config.indonesian_share),
            config.bilingual,
        ),
        (Manners(), config.manners),
        (Refusal(), config.refusal),
        (Stack(short_share=config.short_share), config.stack),
    )
    some = tuple((task, weight) for task, weight in kinds if weight > 0)
    return Mixture(some, countdown.max_value)
