"""Skill or form? The base greedily, shown the same examples written in other ways.

    python -m minir1.bench.smollm_forms --ask-base
    python -m minir1.bench.smollm_forms

A policy may gain greedily because it found a way of writing in which the base could do it all
along. On seed 100, which chose the recipe, policies came to write `9 - 2 = 7` where the examples
have `9-2=7`. So the base is asked in that form, too, and with the question copied as it stands.
What would refute that RL taught more than a form, written down before the base was asked so:

    form     the policies' greedy accuracy is above that of the base in each form here, also with
             room for 24 tokens; the interval over questions is above 0
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import tyro

from minir1 import recipes
from minir1.bench.rows import versions
from minir1.bench.smollm import Answer, read_answers, strict
from minir1.bench.smollm_greedy import GREEDY, Key, answers_of, share
from minir1.bench.smollm_signs import RECIPE, between, by_question
from minir1.config import Config
from minir1.run.home import RESULTS
from minir1.run.jsonl import append_row, read_rows
from minir1.run.stats import Interval, paired_difference

FORMS = RESULTS / "smollm_forms.jsonl"
BUDGETS = (16, 24)
NAMES = ("tight", "spaced", "copied")


def written(config: Config, form: str) -> Config:
    """The recipe with its examples in another form.

    >>> [written(recipes.get(RECIPE), form).examples[0][1] for form in NAMES]
    ['6-2=4 <answer>4</answer>', '6 - 2 = 4 <answer>4</answer>', '6 + -2 = 4 <answer>4</answer>']
    """
    return replace(config, examples=tuple((q, _response(q, r, form)) for q, r in config.examples))


def _response(question: str, response: str, form: str) -> str:
    solved, answer = response.split(" ")
    if form == "copied":
        return f"{question.split(': ')[1]} {solved.split('=')[1]} {answer}"
    if form == "spaced":
        sum_, value = solved.split("=")
        return f"{sum_[0]}{sum_[1:].replace('+', ' + ').replace('-', ' - ')} = {value} {answer}"
    return response


def ask() -> None:
    """Ask the base every held-out question once in each form, without any chance."""
    import torch

    from minir1.run.evaluate import evaluate, heldout_problems
    from minir1.run.models import new_model, tokenizer_of

    torch.set_num_threads(1)
    config = recipes.get(RECIPE)
    model = new_model(config, torch.device("cpu"))  # float32, as `smollm_greedy.py` asks the runs
    once = {one.question: one for one in heldout_problems(config.task, config.eval.problems)}
    FORMS.unlink(missing_ok=True)
    for form in NAMES:
        for budget in BUDGETS:
            asked = written(config, form)
            settings = replace(config.eval, temperature=0.0, max_new_tokens=budget)
            found = evaluate(
                model, tokenizer_of(asked), asked.task, settings, seed=0,
                problems=list(once.values()),
            )  # fmt: skip
            rows = [[one["question"], one["gold"]["gold"], one["completion"]]
                    for one in found["rows"]]  # fmt: skip
            about = {
                "recipe_hash": config.hash(),
                "command": "python -m minir1.bench.smollm_forms --ask-base",
                "versions": versions(("minir1", "torch", "transformers", "reasoning_gym")),
            }
            append_row(FORMS, {"form": form, "max_new_tokens": budget, **about, "rows": rows})


def read_forms() -> dict[tuple[str, int], list[Answer]]:
    """The base's answers, by form and budget."""
    names = ("question", "gold", "completion")
    return {
        (row["form"], row["max_new_tokens"]): [
            dict(zip(names, one, strict=True)) for one in row["rows"]
        ]
        for _, row in read_rows(FORMS)
    }


def above(base: Sequence[Answer], greedy: Mapping[Key, Sequence[Answer]]) -> Interval:
    """How far the policies, taken together, are above these answers, question by question."""
    before = by_question(base, strict)
    runs = [by_question(rows, strict) for rows in answers_of(greedy, RECIPE, "final").values()]
    after = [[float(np.mean(run[question])) for run in runs] for question in before]
    return paired_difference(list(before.values()), after)


def table(forms: Mapping[tuple[str, int], list[Answer]], greedy: Mapping[Key, list[Answer]]) -> str:
    """The base in each form, and how far above it the policies are."""
    lines = ["| examples | tokens | base, greedy | policies above it |", "|---|---|---|---|"]
    for (form, budget), rows in forms.items():
        found = above(rows, greedy)
        said = f"{share(rows):.1%} | {found.value:+.1%} {between(found)}"
        lines.append(f"| {form} | {budget} | {said} |")
    return "\n".join(lines)


def main(ask_base: bool = False) -> None:
    """Print the table of the committed answers.

    Args:
        ask_base: first ask the base, a few minutes
    """
    if ask_base:
        ask()
    print(table(read_forms(), read_answers(GREEDY)))


if __name__ == "__main__":
    tyro.cli(main)
