"""Skill or certainty? The held-out products by greedy decoding, before RL and after it.

    python -m minir1.bench.smollm_greedy --collect-from runs/smollm
    python -m minir1.bench.smollm_greedy

At temperature 1 a policy can get better in two ways: it learns to be right, or it only gets sure
of what it said most often before. Greedy decoding always takes the likeliest token. A policy that
is only sharper, each p become p^a / sum p^a with a > 1, has the same likeliest tokens: its greedy
answers are those of the base. So a gain that greedy decoding sees, too, is no certainty.

The runs are those of `smollm.py`. Each held-out product is asked once: a second time would only
repeat the answer. So products count alike here, at temperature 1 as well.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np
import tyro

from minir1.bench.rows import versions
from minir1.bench.smollm import (
    CONTROL,
    Answer,
    last_number,
    read_answers,
    strict,
)
from minir1.bench.smollm_rows import RECIPE, finished, forget, recipe_of
from minir1.run.home import RESULTS
from minir1.run.jsonl import append_row
from minir1.run.stats import Interval, seed_difference

GREEDY = RESULTS / "smollm_greedy.jsonl"
BASE, FINAL = "base", "final"
Reader = Callable[[Answer], bool]
Key = tuple[str, int, str]
"""(recipe, seed, "base" or "final"), as in `read_answers`; one base serves all runs of a task."""


def collect(folder: Path) -> None:
    """Ask the finished runs in a folder without any chance, and the base once for each task."""
    runs = finished(folder)
    if not runs:  # the committed answers stay
        raise ValueError(
            f"collect_from = {folder} holds no finished run of {RECIPE}: `minir1 run {RECIPE}`"
        )
    forget(GREEDY, runs)
    for recipe, same in groupby(runs, key=lambda run: paid_right(recipe_of(run)[0])):
        mine = list(same)
        base = [(mine[0], "pretrain-000000")] if recipe == recipe_of(mine[0])[0] else []
        for run, checkpoint in [*base, *((run, None) for run in mine)]:
            name, seed = recipe_of(run)
            head = {"recipe": name, "seed": seed, "when": BASE if checkpoint else FINAL}
            rows, about = ask(run, checkpoint)
            append_row(GREEDY, {**head, **about, "rows": rows})


def paid_right(recipe: str) -> str:
    """The recipe that a control is compared with: the same base, asked the same questions.

    >>> paid_right("smollm_format"), paid_right("smollm")
    ('smollm', 'smollm')
    """
    return recipe.removesuffix("_format")


def ask(run: Path, checkpoint: str | None) -> tuple[list[list[str]], dict[str, object]]:
    """Every held-out product once: question, gold and greedy answer."""
    from minir1.run.evaluate import evaluate, heldout_problems
    from minir1.run.models import last_model, tokenizer_of

    config, model, found = last_model(run, checkpoint)
    problems = heldout_problems(config.task, config.eval.problems)
    once = list({problem.question: problem for problem in problems}.values())
    settings = replace(config.eval, temperature=0.0, problems=len(once))
    result = evaluate(
        model, tokenizer_of(config), config.task, settings, seed=config.seed, problems=once
    )
    rows = [[one["question"], one["gold"]["gold"], one["completion"]] for one in result["rows"]]
    about = {
        "step": found.step,
        "recipe_hash": config.hash(),
        "command": "python -m minir1.bench.smollm_greedy --collect-from runs/smollm",
        "versions": versions(("minir1", "torch", "transformers", "reasoning_gym")),
    }
    return rows, about


def answers_of(
    answers: Mapping[Key, Sequence[Answer]], recipe: str, when: str
) -> dict[int, Sequence[Answer]]:
    """The answers of each seed."""
    return {key[1]: rows for key, rows in answers.items() if (key[0], key[2]) == (recipe, when)}


def base_of(answers: Mapping[Key, Sequence[Answer]], recipe: str, seed: int) -> Sequence[Answer]:
    """The base's answers in the run of this seed; where it was asked once, those of that run."""
    found = answers_of(answers, recipe, BASE) or answers_of(answers, paid_right(recipe), BASE)
    return found[seed] if seed in found else next(iter(found.values()))


def share(answers: Sequence[Answer], reader: Reader = strict) -> float:
    """Every product counts once, however often it was asked."""
    asked: dict[str, list[bool]] = {}
    for one in answers:
        asked.setdefault(one["question"], []).append(reader(one))
    return float(np.mean([np.mean(found) for found in asked.values()]))


def change(
    answers: Mapping[Key, Sequence[Answer]], recipe: str, reader: Reader = strict
) -> tuple[float, float, Interval | None]:
    """Accuracy before, after, and the interval of the change over seeds."""
    after = answers_of(answers, recipe, FINAL)
    before = [share(base_of(answers, recipe, seed), reader) for seed in after]
    ends = [share(rows, reader) for rows in after.values()]
    found = seed_difference(before, ends).interval if len(ends) > 1 else None
    return float(np.mean(before)), float(np.mean(ends)), found


def table(sampled: Mapping[Key, Sequence[Answer]], greedy: Mapping[Key, Sequence[Answer]]) -> str:
    """Before and after, sampled and greedy, by two readers."""
    lines = [
        "| recipe | decoding | reader | base | after RL | change |",
        "|---|---|---|---|---|---|",
    ]
    sides = {"temperature 1": sampled, "greedy": greedy}
    for recipe in (RECIPE, CONTROL):
        for decoding, answers in sides.items():
            for label, reader in (("strict", strict), ("last number", last_number)):
                before, after, found = change(answers, recipe, reader)
                said = f"{after - before:+.1%}"
                if found is not None:
                    said += f" [{found.low:+.1%}, {found.high:+.1%}]"
                lines.append(
                    f"| `{recipe}` | {decoding} | {label} | {before:.1%} | {after:.1%} | {said} |"
                )
    return "\n".join(lines)


def each_seed(greedy: Mapping[Key, Sequence[Answer]]) -> Iterable[str]:
    """One line a run."""
    for (recipe, seed, when), rows in greedy.items():
        yield f"{recipe} {seed} {when}: {share(rows):.1%} of {len(rows)} products, greedy"


def main(collect_from: Path | None = None) -> None:
    """Print the table of the committed answers.

    Args:
        collect_from: first ask the finished runs in this folder, about half a minute each
    """
    if collect_from is not None:
        collect(collect_from)
    greedy = read_answers(GREEDY)
    print("\n".join(each_seed(greedy)), table(read_answers(), greedy), sep="\n\n")


if __name__ == "__main__":
    tyro.cli(main)
