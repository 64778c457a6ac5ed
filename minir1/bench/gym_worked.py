"""Which questions have something to learn? A second scan, with solved examples, two ways decoded.

    python -m minir1.bench.gym_worked --save
    python -m minir1.bench.gym_worked --table

The first scan (`gym_scan.py`) asked for the answer alone. Here the examples repeat the question,
solve it, and then answer. Each family is decoded greedily, and sampled eight times:

    greedy      the likeliest answer is right. Where it mostly is, RL can only add certainty
    one of 8    one or more of eight samples at temperature 1 are right (pass@8). Above greedy,
                there is something for RL to reinforce
    dead        questions with eight right or eight wrong samples: no gradient
    constant    what the most frequent gold would earn as the only answer

The last line is the recipe `smollm_signs` as it stands: numbers with signs, and examples in which
the two signs of 6 + -2 are first made one.
"""

import re
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Annotated, Any

import tyro

from minir1 import recipes
from minir1.bench.cells import heading, line
from minir1.config import Config, EvalConfig
from minir1.run.evaluate import evaluate, heldout_problems
from minir1.run.evaluated import by_problem, right
from minir1.run.home import RESULTS
from minir1.run.jsonl import append_row, read_rows
from minir1.run.models import new_model, tokenizer_of
from minir1.run.stats import Interval
from minir1.tasks import Problem, make_task

ROWS = RESULTS / "gym_worked.jsonl"
TWO = (("min_terms", 2), ("max_terms", 2))
CASES: Sequence[tuple[str, tuple[tuple[str, int], ...]]] = (
    ("products", (("min_digits", 1), ("max_digits", 1))),
    ("chain_sum", (*TWO, ("max_digits", 2))),
    ("chain_sum", (*TWO, ("min_digits", 2), ("max_digits", 2))),
    ("chain_sum", (("min_terms", 3), ("max_terms", 3), ("max_digits", 1))),
    ("chain_sum", (*TWO, ("max_digits", 1), ("allow_negation", 1))),
)
LAST = "smollm_signs"


def solved(problem: Problem) -> str:
    """The sum or product of a question, repeated and solved, then the answer.

    >>> solved(Problem("", "What is 5 - -4 = ?", None, "", "9"))
    '5--4=9 <answer>9</answer>'
    """
    found = re.search(r"-?\d+(?: [-+*] -?\d+)+", problem.question)
    if found is None:
        raise ValueError(f"{problem.question!r} holds no sum or product that could be repeated")
    repeated = found.group().replace(" ", "")
    return f"{repeated}={problem.solution} <answer>{problem.solution}</answer>"


def with_family(family: str, dials: Sequence[tuple[str, int]], shots: int) -> Config:
    """The recipe `smollm` on another family, shown `shots` of its training questions, solved."""
    config = recipes.get("smollm")
    task = replace(config.task, family=family, dials=tuple(dials))
    shown = islice(make_task(task).problems("train", config.seed), shots)
    return replace(config, task=task, examples=tuple((one.question, solved(one)) for one in shown))


def scan_one(config: Config, model: Any, problems: int, samples: int) -> dict[str, Any]:
    """One family's row; every question is another one."""
    drawn = heldout_problems(config.task, 4 * problems)
    asked = list({problem.key: problem for problem in drawn}.values())[:problems]
    tokenizer = tokenizer_of(config)

    def ask(settings: EvalConfig) -> dict[str, Any]:
        settings = replace(settings, batch_size=64)
        return evaluate(model, tokenizer, config.task, settings, seed=config.seed, problems=asked)

    greedy = ask(replace(config.eval, samples=1, temperature=0.0))
    drawn = ask(replace(config.eval, samples=samples, temperature=1.0))
    groups = by_problem([right(row) for row in drawn["rows"]], samples)
    golds = Counter(problem.solution for problem in asked)
    rounded = {
        "greedy": greedy["pass@1"],
        "sampled": drawn["pass@1"],
        "one_of": drawn["pass@k"][str(samples)],
    }
    return {
        "family": config.task.family,
        "dials": dict(config.task.dials),
        "recipe": config.name,
        "shots": len(config.examples),
        "problems": len(asked),
        "samples": samples,
        **{name: {k: round(v, 4) for k, v in found.items()} for name, found in rounded.items()},
        "dead": round(statistics.fmean(len(set(group)) == 1 for group in groups), 4),
        "constant": round(max(golds.values()) / len(asked), 4),
        "seen": [row["completion"] for row in greedy["rows"][:6]],
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The scan as a Markdown table."""
    ways = ("greedy, 95% interval", "temperature 1", "one of 8")
    lines = heading("family", "dials", *ways, "dead", "constant")
    for row in rows:
        dials = ", ".join(f"{name} {value}" for name, value in row["dials"].items())
        recipe = "" if row["recipe"] == "smollm" else f" (`{row['recipe']}`)"
        greedy = f"{Interval(**row['greedy']):.1%}"
        sampled = (f"{row[name]['value']:.1%}" for name in ("sampled", "one_of"))
        shares = (f"{row[name]:.1%}" for name in ("dead", "constant"))
        lines.append(line(row["family"] + recipe, dials, greedy, *sampled, *shares))
    return "\n".join(lines)


def main(
    problems: int = 60,
    shots: int = 2,
    save: bool = False,
    only_table: Annotated[bool, tyro.conf.arg(name="table")] = False,
) -> None:
    """Scan families with solved examples; the base is that of the recipe smollm, in bfloat16.

    Args:
        problems: different held-out questions of each family
        shots: training questions of the family, solved, that the prompt shows first
        save: write the rows to the project's results, in place of those before
        only_table: scan nothing, print the table of what was saved
    """
    if only_table:
        print(table([row for _, row in read_rows(ROWS)]))
        return
    import torch

    torch.set_num_threads(1)
    model = new_model(recipes.get("smollm"), torch.device("cpu")).to(torch.bfloat16)
    configs = [with_family(*case, shots) for case in CASES]
    rows = [scan_one(config, model, problems, 8) for config in (*configs, recipes.get(LAST))]
    if save:
        ROWS.unlink(missing_ok=True)
        for row in rows:
            append_row(ROWS, row)
    print(table(rows))


if __name__ == "__main__":
    tyro.cli(main)
