"""Is the lost half still said at times? Many tries of its questions, at temperature 1.

    python -m minir1.bench.smollm_tries --folder runs/order --course opposite 14
    python -m minir1.bench.smollm_tries

GRPO pays what a policy says, and nothing else. With success chance p a group of eight has a
signal with chance 1 - p^8 - (1 - p)^8, so what is right once in a thousand tries speaks in one
group of 125. The questions are the first held-out ones whose numbers go one way, without a 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tyro

from minir1 import recipes
from minir1.bench.rows import versions
from minir1.bench.smollm_course import Course, called, course_of, policy
from minir1.bench.smollm_kinds import form
from minir1.bench.smollm_signs import RECIPE, one_way
from minir1.run.evaluated import by_problem, right
from minir1.run.home import RESULTS
from minir1.run.jsonl import append_row, rows_in
from minir1.run.stats import pass_at_k

ROWS = RESULTS / "smollm_tries.jsonl"
QUESTIONS, TRIES, GROUP = 24, 64, 8


def ask(course: Course, seed: int, folder: Path) -> list[tuple[str, int]]:
    """Each question, and how many of its tries are right."""
    import torch

    from minir1.run.evaluate import evaluate, heldout_problems
    from minir1.run.models import new_model, tokenizer_of

    torch.set_num_threads(1)
    config = recipes.get(RECIPE)
    model = new_model(replace(config, base=policy(course, seed, folder)), torch.device("cpu"))
    held = heldout_problems(config.task, config.eval.problems)
    lost = [one for one in held if form(one.question) and one_way(one.question)]
    asked = list({one.question: one for one in lost}.values())[:QUESTIONS]
    settings = replace(config.eval, temperature=1.0, problems=len(asked), samples=TRIES)
    tokenizer = tokenizer_of(config)
    found = evaluate(model, tokenizer, config.task, settings, seed=seed, problems=asked)
    counts = (int(sum(map(right, tries))) for tries in by_problem(found["rows"], TRIES))
    return [(one.question, count) for one, count in zip(asked, counts, strict=True)]


def alive(counts: Sequence[int], tries: int = TRIES, group: int = GROUP) -> float:
    """How many groups have a signal: some tries right, and some wrong.

    >>> round(alive([0, 4, 2], tries=4, group=2), 3)
    0.222
    """
    some = [pass_at_k(tries, count, group) for count in counts]
    every = [1 - pass_at_k(tries, tries - count, group) for count in counts]
    return float(np.mean(some) - np.mean(every))


def said(row: Mapping[str, Any]) -> str:
    """One policy, in words."""
    counts = [count for _, count in row["right"]]
    return (
        f"{called(course_of(row)) or 'base'}, seed {row['seed']}: one way, {sum(counts)} of "
        f"{TRIES * len(counts)} tries are right, in {sum(map(bool, counts))} of {len(counts)} "
        f"questions; {alive(counts):.1%} of groups of {GROUP} have a signal"
    )


def main(folder: Path | None = None, course: Course = (), seeds: tuple[int, ...] = (0,)) -> None:
    """Print what the committed tries say.

    Args:
        folder: first ask the policies of a course in it, some three minutes each
        course: as for `smollm_course`
        seeds: one policy each
    """
    if folder is not None:
        about = versions(("minir1", "torch", "transformers", "reasoning_gym"))
        for seed in seeds:
            head = {"course": course, "seed": seed, "tries": TRIES, "versions": about}
            append_row(ROWS, {**head, "right": ask(course, seed, folder)})
    print("\n".join(said(row) for row in rows_in(ROWS)))


if __name__ == "__main__":
    tyro.cli(main)
