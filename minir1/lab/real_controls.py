"""What the controls of a real model's runs say: sentences computed from the committed rows.

A sentence that was typed once goes stale when a seed is added. These can't.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from minir1.bench.smollm import CONTROL, RECIPE, Answer, gains, read_answers, strict
from minir1.bench.smollm_greedy import GREEDY, change
from minir1.bench.smollm_signs import between
from minir1.lab.real import logs
from minir1.run.stats import seed_difference

Key = tuple[str, int, str]
Answers = Mapping[Key, list[Answer]]
HALF = 0.5
"""The control should gain less than this share of the gain: written down before the runs."""


def gain_rows(answers: Answers | None = None) -> list[tuple[str, ...]]:
    """A line a seed: strict accuracy before and after, paid for right answers and for any."""
    answers = read_answers() if answers is None else answers
    sides = {recipe: gains(answers, recipe, strict) for recipe in (RECIPE, CONTROL)}
    seeds = sorted({seed for recipe, seed, _ in answers if recipe in sides})
    rows = []
    for seed in seeds:
        cells = [str(seed)]
        for before, after in sides.values():
            known = seed < len(after)
            change_said = f" ({after[seed] - before[seed]:+.1%})" if known else ""
            cells.append(f"{before[seed]:.1%} to {after[seed]:.1%}{change_said}" if known else "")
        rows.append(tuple(cells))
    return rows


def threshold_words(answers: Answers | None = None) -> str:
    """Whether the control gained less than half: the mean, seed by seed, and what is open."""
    answers = read_answers() if answers is None else answers
    paid, control = (
        np.subtract(after, before)
        for before, after in (gains(answers, recipe, strict) for recipe in (RECIPE, CONTROL))
    )
    limit = HALF * float(paid.mean())
    below = int((control < limit).sum())
    said = (
        f"The threshold: less than {limit:+.1%}, half of {paid.mean():+.1%}. The control changed "
        f"by {control.mean():+.1%} in the mean of {len(control)} seeds, and {below} of "
        f"{len(control)} are below the threshold."
    )
    if len(control) < 2:
        return f"{said} One seed decides nothing."
    found = seed_difference(*gains(answers, CONTROL, strict)).interval
    verdict = (
        "The whole interval is below it: it holds" if found.high < limit
        else "The whole interval is above it: it is refuted" if found.low >= limit
        else "The threshold lies inside: it is neither held nor refuted"
    )  # fmt: skip
    return f"{said} Interval over seeds {between(found)}. {verdict}."


def verifier_words(answers: Answers | None = None) -> str:
    """What looking at the number added: right answers paid against any answer paid."""
    answers = read_answers() if answers is None else answers
    after = [gains(answers, recipe, strict)[1] for recipe in (CONTROL, RECIPE)]
    count = min(map(len, after))
    if count < 2:
        return f"Paid for right answers: {after[1][0] - after[0][0]:+.1%} more, in one seed."
    found = seed_difference(after[0][:count], after[1][:count])
    surely = "above 0" if found.interval.low > 0 else "not surely above 0"
    return (
        f"Same seed, right answers paid against any answer paid: {found.interval.value:+.1%} "
        f"{between(found.interval)} after RL, better in {found.wins} of {count} seeds, {surely}."
    )


def favourite_words(answers: Answers | None = None) -> str:
    """The number that each seed of the control says most often, and how often it is right."""
    answers = read_answers() if answers is None else answers
    said, count_all = [], 0
    for (recipe, seed, when), rows in answers.items():
        if (recipe, when) == (CONTROL, "final"):
            count_all = len(rows)
            numbers = [(re.findall(r"-?\d+", one["completion"]) or ["nothing"])[-1] for one in rows]
            number, count = Counter(numbers).most_common(1)[0]
            due = sum(one["gold"] == number for one in rows)
            said.append(
                f"seed {seed} gives {number} as its answer {count} times (right {due} times)"
            )
    return f"Of {count_all} answers of the control, " + "; ".join(said) + "."


def greedy_words() -> str:
    """How much of each change greedy decoding sees, too."""
    sampled, greedy = read_answers(), read_answers(GREEDY)
    said = []
    for recipe, name in ((RECIPE, "Paid for right answers"), (CONTROL, "Paid for any answer")):
        by_chance, by_rank = (change(side, recipe) for side in (sampled, greedy))
        interval = "" if by_rank[2] is None else f" {between(by_rank[2])}"
        said.append(
            f"{name}: {by_chance[1] - by_chance[0]:+.1%} at temperature 1, "
            f"{by_rank[1] - by_rank[0]:+.1%}{interval} greedily, from {by_rank[0]:.1%}."
        )
    return " ".join(said)


def cost_words() -> str:
    """How long the recorded runs took."""
    minutes = [
        sum(row["curve"]["time/step"]) / 60 for row in logs() if row["recipe"] in (RECIPE, CONTROL)
    ]
    return (
        f"The recorded runs took {min(minutes):.0f} to {max(minutes):.0f} minutes of a busy core."
    )


def heart_words() -> str:
    """Right answers to trained products at the end, against those that were held out."""
    rows = [row for row in logs() if row["recipe"] == RECIPE]
    trained = np.mean([np.mean(row["curve"]["rewards/accuracy/mean"][-5:]) for row in rows])
    held = np.mean(gains(read_answers(), RECIPE, strict)[1])
    return f"Right at the end: {trained:.0%} of trained products, {held:.0%} of held-out ones."


def prompt_words(scan: Sequence[Mapping]) -> str:
    """Products before any training: answered at once, and after repeating the question."""
    at_once = next(row["strict"]["value"] for row in scan if row["family"] == "products")
    repeated = np.mean(gains(read_answers(), RECIPE, strict)[0])
    return f"Products: {at_once:.0%} answered at once, {repeated:.0%} when it may repeat first."
