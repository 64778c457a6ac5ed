"""Decontamination: which held-out questions stand in a training row.

    a toy       by the problem's key, read from the question (tasks/keys.py)
    prose       by n-grams of the held-out questions (text/ngrams.py)

And the other way round: an evaluation may not ask a training question.
"""

from __future__ import annotations

from minir1.config import Config, TaskConfig
from minir1.run.evaluate import heldout_problems
from minir1.stages.lineage.origin import Row
from minir1.tasks import make_task
from minir1.tasks.keys import sides
from minir1.tasks.registry import TASKS
from minir1.tasks.scenarios.mixture import Mixture
from minir1.tasks.sources.file import FileTask
from minir1.tasks.splits import split_of
from minir1.text.ngrams import HeldOut


class Decontamination:
    """Looks for the held-out questions of a run's task."""

    def __init__(self, config: Config) -> None:
        self.share = config.task.heldout_share
        toy = config.task.name in (*TASKS, Mixture.name)
        self.prose = None if toy else HeldOut(heldout_texts(config))

    @property
    def how(self) -> str:
        """What is compared, in words."""
        if self.prose is None:
            return "by problem key"
        sizes = sorted(self.prose.sizes) or [self.prose.n]
        shorter = f" (whole questions from {sizes[0]} words on)" if sizes[0] < self.prose.n else ""
        return f"by {self.prose.n}-grams of {len(self.prose.texts)} held-out questions{shorter}"

    def held_out_in(self, row: Row) -> list[str]:
        """The held-out questions that a training row holds."""
        if self.prose is None:
            return [row.question] if sides(row.question, self.share) == {"heldout"} else []
        if row.question and self._side(row.question) == "heldout":
            return [row.question]
        return self.prose.in_text(f"{row.question}\n{row.text}")

    def is_for_training(self, question: str, task: TaskConfig) -> bool:
        """Whether an evaluation on `task` asks a question that is for training."""
        if self.prose is None:
            return sides(question, task.heldout_share) == {"train"}
        return self._side(question) == "train"

    def _side(self, question: str) -> str:
        return split_of(" ".join(question.split()), self.share)


def heldout_texts(config: Config) -> list[str]:
    """The held-out questions of a task in prose: all of a file's, or those that are evaluated."""
    made = make_task(config.task)
    if isinstance(made, FileTask):
        return [problem.question for problem in made.of_split("heldout")]
    return [problem.question for problem in heldout_problems(config.task, config.eval.problems)]
