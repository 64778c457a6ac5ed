"""Sums with signs in phases: what is asked first, and what is asked of the policy that came of it.

    python -m minir1.bench.smollm_course --folder runs/order --course opposite 14 all 14

A phase is a run of `smollm_signs` from the policy of the phase before, which is exported as
`minir1 export` does it; its optimizer is fresh. It asks all questions of the recipe, or those of
one kind. Every policy then answers the held-out questions of the recipe, whatever it was asked in
training. Its folder says how it came to be, and its seed: `opposite-14-all-14-0`.
"""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import tyro

from minir1 import recipes
from minir1.bench.rows import versions
from minir1.bench.smollm import Answer
from minir1.bench.smollm_kinds import ALL, ASKED, Kind, lines
from minir1.bench.smollm_signs import RECIPE, terms
from minir1.config import Config
from minir1.run.home import RESULTS
from minir1.run.jsonl import append_row, read_rows

ROWS = RESULTS / "smollm_order.jsonl"
LATER = 10
"""Added to the seed with each phase: no two ask the same questions in the same order."""
GREEDY, SAMPLED = "greedy", "temperature 1"
CURVE = ("rewards/accuracy/mean", "frac_reward_zero_std", "entropy", "time/step")
Course = tuple[tuple[Kind, int], ...]
"""What each phase asks, and how many steps."""


def called(course: Course, between: str = " ") -> str:
    """A course as one text.

    >>> called((("opposite", 14), ("all", 14)))
    'opposite 14 all 14'
    """
    return between.join(str(word) for phase in course for word in phase)


def phase(course: Course, seed: int, folder: Path) -> Config:
    """The recipe of a course's last phase.

    A file's questions are held out by the same hash as a family's: none crosses to the other side.
    """
    config = recipes.get(RECIPE)
    task, (kind, steps) = config.task, course[-1]
    if kind != ALL:
        path = folder / f"{kind}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines(kind)) + "\n", encoding="utf-8")
        task = replace(task, name="jsonl", path=str(path), family="", dials=())
    return replace(
        config,
        name=called(course, "-"),
        base=policy(course[:-1], seed, folder),
        seed=seed + LATER * (len(course) - 1),
        threads=1,
        task=task,
        zero=replace(config.zero, steps=steps, save_every=steps),
    )


def policy(course: Course, seed: int, folder: Path) -> str:
    """Where the policy of a course lies; it is trained and asked first, if it is not there."""
    from minir1.run.home import open_run
    from minir1.stages.export import export
    from minir1.stages.pretrain import pretrain
    from minir1.stages.zero import zero

    if not course:
        return recipes.get(RECIPE).base
    run = folder / f"{called(course, '-')}-{seed}"
    exported = folder / "policies" / run.name
    if not exported.exists():
        config = phase(course, seed, folder)
        open_run(config, run)
        pretrain(config, run)
        zero(config, run)
        export(run, exported)
        shutil.rmtree(run / "checkpoints")  # three times the policy, which has left it
    return str(exported)


def answers(config: Config, base: str, seed: int, decoding: str) -> list[tuple[str, str]]:
    """Each held-out question of the recipe once: what is asked, and the completion."""
    import torch

    from minir1.run.evaluate import evaluate, heldout_problems
    from minir1.run.models import new_model, tokenizer_of

    model = new_model(replace(config, base=base), torch.device("cpu"))
    asked = {one.question: one for one in heldout_problems(config.task, config.eval.problems)}
    temperature = 0.0 if decoding == GREEDY else 1.0
    settings = replace(config.eval, temperature=temperature, problems=len(asked))
    found = evaluate(
        model, tokenizer_of(config), config.task, settings, seed=seed, problems=list(asked.values())
    )
    before, after = ASKED.split("{}")
    return [
        (row["question"].removeprefix(before).removesuffix(after), row["completion"])
        for row in found["rows"]
    ]


def follow(course: Course, seed: int, folder: Path) -> None:
    """Train a course and the courses that it begins with, and write down what they answer."""
    import torch

    from minir1.run.device import describe
    from minir1.run.metrics import read_metrics

    torch.set_num_threads(1)
    config = recipes.get(RECIPE)
    for part in (course[:end] for end in range(1, len(course) + 1)):
        if (part, seed, GREEDY) in read_course():
            continue
        base = policy(part, seed, folder)
        steps = [row for row in read_metrics(folder / f"{called(part, '-')}-{seed}")
                 if row["stage"] == "zero"]  # fmt: skip
        head = {
            "course": part,
            "seed": seed,
            "recipe_hash": config.hash(),
            "command": "python -m minir1.bench.smollm_course --folder runs/order "
            f"--course {called(course)} --seeds {seed}",
            "processor": describe()["processor"],
            "versions": versions(("minir1", "torch", "transformers", "reasoning_gym")),
            "curve": {name: [float(f"{row[name]:.4g}") for row in steps] for name in CURVE},
        }
        found = {how: answers(config, base, seed, how) for how in (SAMPLED, GREEDY)}
        append_row(ROWS, {**head, "rows": found})


def read_course(path: Path = ROWS) -> dict[tuple[Course, int, str], list[Answer]]:
    """The answers of each policy, by (course, seed, decoding)."""
    rows = [row for _, row in read_rows(path)] if path.exists() else []
    return {
        (course_of(row), row["seed"], decoding): [
            {
                "question": ASKED.format(what),
                "gold": str(sum(terms(f"{what} ="))),
                "completion": text,
            }
            for what, text in found
        ]
        for row in rows
        for decoding, found in row["rows"].items()
    }


def course_of(row: Mapping[str, Any]) -> Course:
    """The course of a row: what JSON keeps as lists."""
    return tuple((kind, steps) for kind, steps in row["course"])


def main(folder: Path, course: Course, seeds: tuple[int, ...] = (0, 1, 2)) -> None:
    """Train a course, half a dozen minutes a phase on one core, and keep what its policies answer.

    Args:
        folder: where runs and policies lie; what is there already is not trained again
        course: what each phase asks, and its steps
        seeds: one chain of policies each
    """
    for seed in seeds:
        follow(course, seed, folder)


if __name__ == "__main__":
    tyro.cli(main)
