"""The figures of a bundle, each from the transcripts, by the code that a run's evaluation uses.

    base/pass@1, final/pass@1     shares and means, with intervals that redraw problems
    gain/pass@1, gain/length      final - base, problem by problem

A figure that can't be computed from what is published is not a figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minir1.config import Config
from minir1.rl.types import Rollout
from minir1.run import stats
from minir1.run.evaluate import judged_row, summarise
from minir1.run.evaluated import by_problem, right
from minir1.run.jsonl import Row
from minir1.run.models import tokenizer_of
from minir1.tasks import Problem, make_task
from minir1.text.tokenizer import Tokenizer

Figures = dict[str, dict[str, float]]
NAMES = ("pass@1", "length", "checks", "retries", "first_try")


class Judge:
    """Reads transcripts anew: what a row says must follow from its text alone."""

    def __init__(self, config: Config) -> None:
        self.task = make_task(config.task)
        self.tokenizer: Tokenizer = tokenizer_of(config)

    def __call__(self, row: Mapping[str, Any]) -> Row:
        """The row as an evaluation would have written it."""
        problem = Problem("", row["question"], row["gold"], "")
        ids = self.tokenizer.encode(row["completion"])
        rollout = Rollout([], ids, [0.0] * len(ids), row["stop_reason"])
        return judged_row(self.task, problem, rollout, self.tokenizer)


def figures(rows: Mapping[str, Sequence[Row]], samples: int) -> Figures:
    """Every figure, from whole rows of each evaluation."""
    found: Figures = {}
    for name, own in rows.items():
        summary = summarise(own, samples)
        found |= {f"{name}/{what}": summary[what] for what in NAMES if what in summary}
    base, final = (rows[name] for name in ("base", "final"))
    if len(base) == len(final):
        columns = {"pass@1": right, "length": lambda row: float(row["tokens"])}
        for name, value in columns.items():
            before, after = ([*map(value, some)] for some in (base, final))
            found[f"gain/{name}"] = stats.paired_difference(
                by_problem(before, samples), by_problem(after, samples)
            ).to_json()
    return found
