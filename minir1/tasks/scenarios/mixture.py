"""All scenarios in one stream: each problem is of one kind, and its own kind judges it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from minir1.tasks.base import Problem, Split, Task, Verdict


@dataclass(frozen=True, slots=True)
class Mixture:
    """Several tasks by weight. The gold of each problem says which task judges it."""

    name: ClassVar[str] = "scenarios"

    kinds: tuple[tuple[Task, float], ...]

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
