"""Which questions can a small real model learn from? A scan of reasoning-gym, before any RL.

    python -m minir1.bench.gym_scan --dtype bfloat16 --problems 32 --save
    python -m minir1.bench.gym_scan --table

RL with verifiable rewards needs questions that the base answers now and then. A good family for
a first run has a base of 5% to 60%, and its answers differ: where one answer is often the gold,
a policy can win by saying it always. So the table has, for each family:

    strict      our verifier: one answer part, and it is right
    anywhere    the gold stands somewhere in the response, as a word of its own: no reader of
                answers, however kind, finds more. Strict far below it: the base lacks the format
    constant    what the most frequent gold would earn as the only answer
"""

import re
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
import tyro

from minir1 import recipes
from minir1.bench.cells import heading, line
from minir1.config import Config, EvalConfig
from minir1.run.evaluate import evaluate
from minir1.run.jsonl import append_row, read_rows
from minir1.run.models import new_model, tokenizer_of
from minir1.run.stats import Interval
from minir1.tasks import make_task

RESULTS = Path(__file__).parents[1] / "results" / "gym_scan.jsonl"

Dials = tuple[tuple[str, int], ...]
CASES: Sequence[tuple[str, Dials]] = (
    ("leg_counting", (("min_animals", 1), ("max_animals", 1), ("max_instances", 9))),
    ("letter_counting", ()),
    ("chain_sum", (("min_terms", 2), ("max_terms", 2), ("max_digits", 1))),
    ("products", (("max_digits", 1),)),
    ("word_sequence_reversal", (("min_words", 3), ("max_words", 3))),
    ("calendar_arithmetic", ()),
    ("simple_equations", ()),
    ("count_bits", (("max_n", 255),)),
    ("gcd", (("max_value", 60),)),
    ("number_sequence", ()),
    ("aiw", ()),
    ("syllogism", ()),
    ("family_relationships", ()),
    ("spell_backward", (("min_word_len", 3), ("max_word_len", 4))),
    ("chain_sum", (("min_terms", 2), ("max_terms", 2), ("max_digits", 2))),
)


def anywhere(gold: str, completion: str) -> bool:
    """Whether the gold stands in a response as a word of its own.

    >>> anywhere("5", "I think it is 5."), anywhere("5", "15")
    (True, False)
    """
    return re.search(rf"(?<![\w.-]){re.escape(gold)}(?!\w|\.\d)", completion) is not None


def with_family(config: Config, family: str, dials: Dials, shots: int) -> Config:
    """The recipe on another family, shown `shots` of its training questions first."""
    task = replace(config.task, family=family, dials=dials)
    shown = islice(make_task(task).problems("train", config.seed), shots)
    examples = tuple((one.question, f"<answer>{one.solution}</answer>") for one in shown)
    return replace(config, task=task, examples=examples)


def scan_one(config: Config, model: Any, settings: EvalConfig) -> dict[str, Any]:
    """One family's row."""
    found = evaluate(model, tokenizer_of(config), config.task, settings, seed=config.seed)
    golds = [row["gold"]["gold"] for row in found["rows"]]
    lenient = [anywhere(row["gold"]["gold"], row["completion"]) for row in found["rows"]]
    seen = [row["completion"] for row in found["rows"][:: len(golds) // 3]]
    return {
        "family": config.task.family,
        "dials": dict(config.task.dials),
        "shots": len(config.examples),
        "problems": settings.problems,
        "samples": settings.samples,
        "temperature": settings.temperature,
        "dtype": str(next(model.parameters()).dtype).removeprefix("torch."),
        "strict": {name: round(value, 4) for name, value in found["pass@1"].items()},
        "anywhere": round(statistics.fmean(lenient), 4),
        "constant": round(max(Counter(golds).values()) / len(golds), 4),
        "length": round(found["length"]["value"], 2),
        "seen": seen[:3],
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The scan as a Markdown table."""
    head = ("family", "dials", "examples", "strict, 95% interval", "anywhere", "constant", "tokens")
    lines = heading(*head)
    for row in rows:
        dials = ", ".join(f"{name} {value}" for name, value in row["dials"].items()) or "its own"
        strict = f"{Interval(**row['strict']):.1%}"
        others = (f"{row['anywhere']:.1%}", f"{row['constant']:.1%}", f"{row['length']:.1f}")
        lines.append(line(row["family"], dials, str(row["shots"]), strict, *others))
    return "\n".join(lines)


def main(
    family: str = "",
    problems: int = 48,
    samples: int = 4,
    shots: int = 4,
    temperature: float = 1.0,
    threads: int = 1,
    dtype: Literal["float32", "bfloat16"] = "float32",
    save: bool = False,
    only_table: Annotated[bool, tyro.conf.arg(name="table")] = False,
) -> None:
    """Scan families with the base of the recipe smollm, at temperature 1.

    Args:
        family: one family alone; without it, all that are listed in this file
        problems: held-out questions of each family
        samples: responses to each question
        shots: training questions of the family, with their golds, that the prompt shows first
        temperature: of the sampling
        threads: CPU threads
        dtype: numbers of the weights; a scan needs no exact ones
        save: append the rows to the project's results
        only_table: scan nothing, print the table of what was saved
    """
    if only_table:
        print(table([row for _, row in read_rows(RESULTS)]))
        return
    torch.set_num_threads(threads)
    recipe, rows = recipes.get("smollm"), []
    counts = {"problems": problems, "samples": samples, "temperature": temperature}
    model = new_model(recipe, torch.device("cpu")).to(getattr(torch, dtype))
    for name, dials in CASES:
        if family in ("", name):
            config = with_family(recipe, name, dials, shots)
            rows.append(scan_one(config, model, replace(config.eval, **counts)))
            print(table(rows[-1:]).splitlines()[-1], rows[-1]["seen"], flush=True)
            if save:
                append_row(RESULTS, rows[-1])
    print(table(rows))


if __name__ == "__main__":
    tyro.cli(main)
