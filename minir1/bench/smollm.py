"""GRPO on a real pre-trained language model: three seeds, and two controls.

    for s in 0 1 2; do minir1 run smollm --seed $s --threads 1 --out runs/smollm/smollm-$s; done
    minir1 run smollm_format --threads 1 --out runs/smollm/smollm_format-0
    python -m minir1.bench.smollm --collect-from runs/smollm
    python -m minir1.bench.smollm

The model is SmolLM2-135M-Instruct with weights of 4 bits, in bfloat16; the questions are products
of two digits, of which half are never trained on. A response has 16 tokens at most, room for

    5*4=20 <answer>20</answer>

What would refute that it learned to multiply better is written down here before the runs:

    base       the base answers 5% to 60% of the held-out questions
    gain       strict accuracy rises by 15 points or more; the interval over seeds is above 0
    lenient    with a reader that takes the last number of any text, on both sides, it still rises
               by 10 points or more; the interval is above 0: it is not the format that was learned
    mirror     the gain is above 0 too on held-out products whose mirror image (6 * 9 of 9 * 6) was
               not trained on
    control    paid for any answer in its place, right or wrong, strict accuracy rises by less than
               half of that

One run of 3 steps was looked at before, to measure a step's time (seed 90, four examples).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import tyro

from minir1.bench.gym_scan import anywhere
from minir1.bench.smollm_rows import ANSWERS, RECIPE, collect
from minir1.run.jsonl import read_rows
from minir1.run.stats import Interval, mean, seed_difference
from minir1.tasks.base import Verdict
from minir1.tasks.verifiers import verify

CONTROL = "smollm_format"
Answer = Mapping[str, str]


def strict(answer: Answer) -> bool:
    """Our verifier, asked again: one answer part, and it is right."""
    given = (answer["gold"], answer["completion"], answer["question"])
    return verify("math", *given) is Verdict.CORRECT


def last_number(answer: Answer) -> bool:
    """A kind reader: the last number of the text, wherever it stands, is the gold."""
    found = re.findall(r"-?\d+(?:\.\d+)?", answer["completion"])
    return bool(found) and found[-1] == answer["gold"]


def anywhere_in(answer: Answer) -> bool:
    """The kindest reader: the gold stands somewhere (the question's own numbers count, too)."""
    return anywhere(answer["gold"], answer["completion"])


def answered(answer: Answer) -> bool:
    """There is one answer part, right or wrong."""
    given = (answer["gold"], answer["completion"], answer["question"])
    return verify("math", *given) in (Verdict.CORRECT, Verdict.WRONG)


READERS: Mapping[str, Callable[[Answer], bool]] = {
    "strict": strict,
    "last number": last_number,
    "anywhere": anywhere_in,
    "an answer part": answered,
}


def factors(answer: Answer) -> tuple[str, ...]:
    """The two factors of a question."""
    return tuple(re.findall(r"\d+", answer["question"]))


def unmirrored(answers: Sequence[Answer]) -> list[Answer]:
    """The held-out products whose mirror image is held out, too (squares are their own)."""
    asked = {factors(one) for one in answers}
    return [one for one in answers if factors(one)[::-1] in asked]


def accuracy(answers: Sequence[Answer], reader: Callable[[Answer], bool]) -> Interval:
    """Mean with an interval over questions: one that was asked twice is still one question."""
    asked: dict[str, list[float]] = {}
    for one in answers:
        asked.setdefault(one["question"], []).append(float(reader(one)))
    return mean(list(asked.values()))


def read_answers(path: Path = ANSWERS) -> dict[tuple[str, int, str], list[Answer]]:
    """The transcripts, by (recipe, seed, "base" or "final")."""
    rows = [row for _, row in read_rows(path)] if path.exists() else []
    return {
        (row["recipe"], row["seed"], row["when"]): [
            dict(zip(("question", "gold", "completion"), one, strict=True)) for one in row["rows"]
        ]
        for row in rows
    }


def gains(
    answers: Mapping[tuple[str, int, str], list[Answer]],
    recipe: str,
    reader: Callable[[Answer], bool],
    only: Callable[[list[Answer]], list[Answer]] = list,
) -> tuple[list[float], list[float]]:
    """Accuracy before and after, one number a seed."""
    seeds = sorted(seed for name, seed, when in answers if name == recipe and when == "final")
    before, after = (
        [float(np.mean([reader(one) for one in only(answers[recipe, seed, when])]))
         for seed in seeds]
        for when in ("base", "final")
    )  # fmt: skip
    return before, after


def table(answers: Mapping[tuple[str, int, str], list[Answer]]) -> str:
    """Each reader's accuracy on products before and after, with the interval over seeds."""
    lines = ["| recipe | seeds | reader | base | after RL | change |", "|---|---|---|---|---|---|"]
    cases: list[tuple[str, Callable[[Answer], bool], Callable[[list[Answer]], list[Answer]]]] = [
        (label, reader, list) for label, reader in READERS.items()
    ]
    cases.insert(1, ("strict, mirror image held out too", strict, unmirrored))
    measured = {name for name, _, _ in answers}
    for recipe in (name for name in (RECIPE, CONTROL) if name in measured):
        for label, reader, only in cases:
            before, after = gains(answers, recipe, reader, only)
            means = f"{np.mean(before):.1%} | {np.mean(after):.1%}"
            change = f"{np.mean(after) - np.mean(before):+.1%}, one seed"
            if len(before) > 1:
                found = seed_difference(before, after).interval
                change = f"{found.value:+.1%} [{found.low:+.1%}, {found.high:+.1%}]"
            lines.append(f"| `{recipe}` | {len(before)} | {label} | {means} | {change} |")
    return "\n".join(lines)


def main(collect_from: Path | None = None) -> None:
    """Print the table of the committed transcripts.

    Args:
        collect_from: first take the logs of the finished runs in this folder
    """
    if collect_from is not None:
        collect(collect_from)
    print(table(read_answers()))


if __name__ == "__main__":
    tyro.cli(main)
