"""Certainty or skill, on questions whose likeliest answer is wrong: sums of numbers with signs.

    minir1 run smollm_signs --seed 0 --threads 1 --out runs/smollm/smollm_signs-0     # and 1, 2
    minir1 run smollm_signs_format --threads 1 --out runs/smollm/smollm_signs_format-0
    python -m minir1.bench.smollm --collect-from runs/smollm
    python -m minir1.bench.smollm_greedy --collect-from runs/smollm
    python -m minir1.bench.smollm_signs

On one-digit products GRPO gained 31 points at temperature 1 and none greedily (`smollm_greedy.py`):
the base's likeliest answer was right already. Here it is right in about one of four, and of eight
samples at temperature 1 one is right in about two of five (`gym_scan.py`). What would refute that
RL taught more than certainty is written down here before the first of these runs:

    base       the base answers 5% to 60% at temperature 1 and 15% to 60% greedily
    gain       strict accuracy at temperature 1 rises by 15 points or more; the interval is above 0
    skill      greedy accuracy rises by 5 points or more; the interval is above 0
    lenient    so it does, both ways, for a reader that takes the last number of any text
    control    paid for any answer in its place, right or wrong, greedy accuracy rises by less than
               half of what it does for right answers

The interval redraws questions: a question's change is its mean over the seeds. Seeds are few, so
each of them is printed, and the interval over seeds beside it. The learning rate, the number of
steps and the examples were chosen on seeds 100 and above.
"""

import re
from collections.abc import Mapping, Sequence

import tyro

from minir1.bench.smollm import Answer, last_number, read_answers, strict
from minir1.bench.smollm_greedy import GREEDY, Key, Reader, answers_of, base_of, change, share
from minir1.run.stats import Interval, paired_difference

RECIPE, CONTROL = "smollm_signs", "smollm_signs_format"
GAIN, SKILL, HALF = 0.15, 0.05, 0.5
"""The thresholds that the docstring names."""
Answers = Mapping[Key, Sequence[Answer]]


def by_question(answers: Sequence[Answer], reader: Reader) -> dict[str, list[float]]:
    """What a reader says of each question, however often it was asked."""
    asked: dict[str, list[float]] = {}
    for one in answers:
        asked.setdefault(one["question"], []).append(float(reader(one)))
    return asked


def gain(answers: Answers, recipe: str, reader: Reader = strict) -> Interval:
    """The change of accuracy, and its interval over questions; seeds are taken together."""
    before: dict[str, list[float]] = {}
    after: dict[str, list[float]] = {}
    for seed, rows in answers_of(answers, recipe, "final").items():
        for side, found in ((before, base_of(answers, recipe, seed)), (after, rows)):
            for question, values in by_question(found, reader).items():
                side.setdefault(question, []).append(sum(values) / len(values))
    return paired_difference(list(before.values()), [after[name] for name in before])


def table(sampled: Answers, greedy: Answers) -> str:
    """Before, after and the change, sampled and greedy, by two readers."""
    lines = [
        "| recipe | decoding | reader | base | after RL | change, over questions | over seeds |",
        "|---|---|---|---|---|---|---|",
    ]
    for recipe in (RECIPE, CONTROL):
        for decoding, answers in (("temperature 1", sampled), ("greedy", greedy)):
            for label, reader in (("strict", strict), ("last number", last_number)):
                if answers_of(answers, recipe, "final"):
                    before, after, seeds = change(answers, recipe, reader)
                    found = gain(answers, recipe, reader)
                    lines.append(
                        f"| `{recipe}` | {decoding} | {label} | {before:.1%} | {after:.1%} "
                        f"| {found.value:+.1%} {between(found)} "
                        f"| {between(seeds) if seeds else 'one seed'} |"
                    )
    return "\n".join(lines)


def verdicts(sampled: Answers, greedy: Answers) -> list[tuple[str, bool, str]]:
    """Each threshold: its name, whether it holds, and the numbers."""
    found = []
    for name, answers, reader, limit in (
        ("gain", sampled, strict, GAIN),
        ("skill", greedy, strict, SKILL),
        ("lenient, temperature 1", sampled, last_number, GAIN),
        ("lenient, greedy", greedy, last_number, SKILL),
    ):
        rise = gain(answers, RECIPE, reader)
        holds = rise.value >= limit and rise.low > 0
        found.append((name, holds, f"{rise.value:+.1%} {between(rise)}, asked {limit:+.0%}"))
    bases = {"temperature 1": (sampled, 0.05), "greedy": (greedy, 0.15)}
    for name, (answers, low) in bases.items():
        before = change(answers, RECIPE)[0]
        found.append((f"base, {name}", low <= before <= 0.6, f"{before:.1%}"))
    if answers_of(greedy, CONTROL, "final"):
        paid, control = gain(greedy, RECIPE), gain(greedy, CONTROL)
        said = f"{control.value:+.1%} {between(control)} against {paid.value:+.1%}"
        found.append(("control", control.value < HALF * paid.value, said))
    return found


def terms(question: str) -> tuple[int, int]:
    """What is added: the first number, and the second with what its two signs make.

    >>> terms("State the final answer to the following arithmetic problem: 9 - -2 =")
    (9, 2)
    """
    found = re.search(r"(-?\d+) ([-+]) (-?\d+) =", question)
    if found is None:
        raise ValueError(f"{question!r} is no question of {RECIPE}: it has no sum of two numbers")
    first, operation, second = found.groups()
    return int(first), int(second) * (-1 if operation == "-" else 1)


def one_way(question: str) -> bool:
    """Both numbers go the same way, or one is 0: then sizes are added, and never subtracted."""
    first, second = terms(question)
    return first * second >= 0


def adds_sizes(answer: Answer) -> bool:
    """The shortcut: the sizes are added, whatever the signs, and the first sign is put before.

    >>> adds_sizes({"question": "-7 + 2 =", "gold": "-5", "completion": "<answer>-9</answer>"})
    True
    """
    first, second = terms(answer["question"])
    said = (abs(first) + abs(second)) * (-1 if first < 0 else 1)
    return strict({**answer, "gold": str(said)})


def sides(answers: Sequence[Answer]) -> tuple[float, float, float]:
    """Right where both go one way; right where they don't, and there the shortcut's share."""
    same = [one for one in answers if one_way(one["question"])]
    other = [one for one in answers if not one_way(one["question"])]
    return share(same), share(other), share(other, adds_sizes)


def sides_table(greedy: Answers) -> str:
    """Greedy answers of the base and of each run, by what the signs ask for."""
    lines = [
        "| greedy | both one way | opposite ways | opposite: sizes added all the same |",
        "|---|---|---|---|",
    ]
    cases = [("base", base_of(greedy, RECIPE, 0))]
    for recipe, name in ((RECIPE, "right answers paid"), (CONTROL, "any answer paid")):
        runs = answers_of(greedy, recipe, "final").items()
        cases += [(f"{name}, seed {seed}", rows) for seed, rows in runs]
    for name, rows in cases:
        lines.append(f"| {name} | " + " | ".join(f"{value:.1%}" for value in sides(rows)) + " |")
    return "\n".join(lines)


def each_seed(greedy: Answers) -> list[str]:
    """One line a run: greedy accuracy before and after."""
    return [
        f"{recipe} {seed}: {share(base_of(greedy, recipe, seed)):.1%} to {share(rows):.1%} of "
        f"{len(by_question(rows, strict))} questions, greedy"
        for recipe in (RECIPE, CONTROL)
        for seed, rows in answers_of(greedy, recipe, "final").items()
    ]


def between(found: Interval) -> str:
    """The interval, in points."""
    return f"[{found.low:+.1%}, {found.high:+.1%}]"


def main() -> None:
    """Print what the committed answers say of each threshold."""
    sampled, greedy = read_answers(), read_answers(GREEDY)
    lines = [
        f"{name}: {'holds' if holds else 'does not hold'}: {said}"
        for name, holds, said in verdicts(sampled, greedy)
    ]
    said = "\n".join([*each_seed(greedy), *lines])
    print(table(sampled, greedy), said, sides_table(greedy), sep="\n\n")


if __name__ == "__main__":
    tyro.cli(main)
