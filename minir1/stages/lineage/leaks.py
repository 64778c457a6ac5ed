"""Decontamination: which held-out questions stand in a training row.

    a toy       by the problem's key, read from the question (tasks/keys.py)
    your own    by the question: its key is known to your file alone, so both sides are drawn
    prose       by n-grams of the held-out questions (text/ngrams.py)

And the other way round: an evaluation may not ask a training question.
"""

from __future__ import annotations

from itertools import islice

from minir1.config import Config, TaskConfig
from minir1.run.evaluate import heldout_problems
from minir1.stages.lineage.origin import Row
from minir1.tasks import make_task
from minir1.tasks.base import Split
from minir1.tasks.keys import sides
from minir1.tasks.registry import TASKS
from minir1.tasks.scenarios.mixture import Mixture
from minir1.tasks.sources.file import FileTask
from minir1.tasks.sources.own import OwnTask
from minir1.tasks.splits import split_of
from minir1.text.ngrams import HeldOut

DRAWN = 2000
"""Problems of each side that are drawn from a task of the user's own."""


class Decontamination:
    """Looks for the held-out questions of a run's task."""

    def __init__(self, config: Config) -> None:
        self.share = config.task.heldout_share
        toy = config.task.name in (*TASKS, Mixture.name)
        self.drawn = drawn_sides(config) if config.task.name == OwnTask.name else None
        prose = not toy and self.drawn is None
        self.prose = HeldOut(heldout_texts(config)) if prose else None

    @property
    def how(self) -> str:
        """What is compared, in words."""
        if self.drawn is not None:
            held_out = sum(side == "heldout" for side in self.drawn.values())
            return f"by question, with {held_out} held-out ones that were drawn"
        if self.prose is None:
            return "by problem key"
        sizes = sorted(self.prose.sizes) or [self.prose.n]
        shorter = f" (whole questions from {sizes[0]} words on)" if sizes[0] < self.prose.n else ""
        return f"by {self.prose.n}-grams of {len(self.prose.texts)} held-out questions{shorter}"

    def held_out_in(self, row: Row) -> list[str]:
        """The held-out questions that a training row holds."""
        if self.drawn is not None:
            return [row.question] if self.drawn.get(row.question) == "heldout" else []
        if self.prose is None:
            return [row.question] if sides(row.question, self.share) == {"heldout"} else []
        if row.question and self._side(row.question) == "heldout":
            return [row.question]
        return self.prose.in_text(f"{row.question}\n{row.text}")

    def is_for_training(self, question: str, task: TaskConfig) -> bool:
        """Whether an evaluation on `task` asks a question that is for training."""
        if self.drawn is not None:
            return self.drawn.get(question) == "train"
        if self.prose is None:
            return sides(question, task.heldout_share) == {"train"}
        return self._side(question) == "train"

    def _side(self, question: str) -> str:
        return split_of(" ".join(question.split()), self.share)


def drawn_sides(config: Config) -> dict[str, Split]:
    """Questions of a task of the user's own, and the side of the split that each was drawn for."""
    task = make_task(config.task)
    splits: tuple[Split, ...] = ("train", "heldout")
    return {p.question: s for s in splits for p in islice(task.problems(s, 0), DRAWN)}


def heldout_texts(config: Config) -> list[str]:
    """The held-out questions of a task in prose: all of a file's, or those that are evaluated."""
    made = make_task(config.task)
    if isinstance(made, FileTask):
        return [problem.question for problem in made.of_split("heldout")]
    return [problem.question for problem in heldout_problems(config.task, config.eval.problems)]
