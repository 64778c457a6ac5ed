"""A model and the questions that it is asked again and again: a pool of samples, and budgets.

    pool()          n samples of each question, sampled once: every vote and every pick is from it
    on_budgets()    one sample with its thinking stopped early, or its end overruled

Seconds are those of the wall clock or of the processor, whichever are fewer: what others do on the
machine is not billed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from minir1.config import Config
from minir1.model.transformer import Transformer
from minir1.run.evaluate import evaluate
from minir1.run.evaluated import by_problem, right
from minir1.run.forced import forced_rows, never_enough, overruled
from minir1.run.subsets import LARGEST
from minir1.run.thinking_time import Point, mean_tokens
from minir1.tasks import Problem, make_task
from minir1.tasks.canonical import vote_of
from minir1.text.tokenizer import Tokenizer

Row = dict[str, Any]
Found = TypeVar("Found")
STOP, ON = "stopped at", "sent back"


@dataclass(frozen=True, kw_only=True, slots=True)
class Dials:
    """How much is asked, and where the dials are set."""

    problems: int = 100
    samples: int = 16
    """Of each question: the pool, and the largest n."""
    budgets: tuple[float, ...] = (0.25, 0.5, 1.0)
    """Shares of the longest completion at which the thinking is stopped."""
    sent_back: tuple[int, ...] = (1, 2, 4)
    """How often its end is overruled."""

    def __post_init__(self) -> None:
        for name, least in (("problems", 2), ("samples", 1)):
            if (value := getattr(self, name)) < least:
                raise ValueError(f"{name} = {value} can't be used: use {least} or more")
        if self.samples > LARGEST:
            raise ValueError(f"samples = {self.samples} can't be used: use at most {LARGEST}")
        if wrong := [share for share in self.budgets if not 0 < share <= 1]:
            raise ValueError(f"budgets = {wrong[0]} can't be used: use shares above 0, up to 1")
        if wrong := [times for times in self.sent_back if times < 1]:
            raise ValueError(f"sent-back = {wrong[0]} can't be used: use 1 or more")

    @property
    def ns(self) -> list[int]:
        """1, 2, 4, ... and the whole pool.

        >>> Dials(samples=6).ns
        [1, 2, 4, 6]
        """
        powers = [2**k for k in range(self.samples.bit_length())]
        return sorted({*powers, self.samples})


@dataclass(frozen=True, slots=True)
class Asked:
    """A model, and the questions that it is asked."""

    config: Config
    model: Transformer
    tokenizer: Tokenizer
    dials: Dials
    problems: Sequence[Problem]

    def pool(self) -> tuple[list[list[Row]], float]:
        """The samples of each question, and the seconds that one of them took."""
        config, n = self.config, self.dials.samples

        def sample() -> dict[str, Any]:
            return evaluate(
                self.model,
                self.tokenizer,
                config.task,
                replace(config.eval, samples=n),
                seed=config.seed,
                problems=self.problems,
            )

        found, seconds = timed(sample)
        rows = [list(mine) for mine in by_problem(found["rows"], n)]
        for problem, mine in zip(self.problems, rows, strict=True):
            for row in mine:
                row["says"] = vote_of(problem, row["answer"])
        return rows, seconds / len(found["rows"])

    def on_budgets(self) -> Iterator[Point]:
        """Forced stop at shares of the budget, then forced continue with all of it."""
        whole = self.config.eval.max_new_tokens
        for share in self.dials.budgets:
            yield self.forced(STOP, share, max(1, round(share * whole)), 0)
        for times in self.dials.sent_back:
            yield self.forced(ON, times, whole, times)

    def forced(self, way: str, dial: int | float, budget: int, at_most: int) -> Point:
        """One sample of each question on a budget, its end overruled at most so often."""
        config, size = self.config, self.config.eval.batch_size
        task = make_task(config.task)

        def answer() -> list[list[Row]]:
            found = []
            for start in range(0, len(self.problems), size):
                part = self.problems[start : start + size]
                found += forced_rows(
                    self.model,
                    self.tokenizer,
                    task,
                    part,
                    seed=config.seed + start,
                    budget=budget,
                    enough=never_enough,
                    instead=[overruled(problem) for problem in part],
                    at_most=at_most,
                    temperature=config.eval.temperature,
                )
            return found

        pool, seconds = timed(answer)
        return Point(
            way=way,
            n=dial,
            tokens=mean_tokens(pool),
            seconds=seconds / len(self.problems),
            values=[right(rows[0]) for rows in pool],
        )


def timed(work: Callable[[], Found]) -> tuple[Found, float]:
    """What the work returns, and its seconds on the clock that shows fewer."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    return found, min(time.perf_counter() - wall, time.process_time() - cpu)
