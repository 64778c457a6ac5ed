"""What RL taught SmolLM2 on sums with signs, in pictures and words made from the committed rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from minir1.bench import smollm_forms
from minir1.bench.smollm import Answer, read_answers
from minir1.bench.smollm_greedy import GREEDY, Key, answers_of, base_of
from minir1.bench.smollm_signs import RECIPE, one_way, sides, verdicts
from minir1.lab.charts import columns
from minir1.lab.picture import Picture
from minir1.lab.real import logs

Answers = Mapping[Key, Sequence[Answer]]


def sides_chart(greedy: Answers | None = None) -> Picture:
    """Greedy answers before and after, by what the signs ask for; and the shortcut."""
    greedy = read_answers(GREEDY) if greedy is None else greedy
    runs = answers_of(greedy, RECIPE, "final")
    cases = {"base": base_of(greedy, RECIPE, 0), **{f"seed {s}": rows for s, rows in runs.items()}}
    found = list(zip(*map(sides, cases.values()), strict=True))
    names = ("right, both one way", "right, opposite ways", "wrong, opposite ways: sizes added")
    values = {name: list(shares) for name, shares in zip(names, found, strict=True)}
    return columns(
        "What greedy answers are", "share", values, x_name="", ticks=list(cases), percent=True,
        words=shortcut_words(greedy),
    )  # fmt: skip


def shortcut_words(greedy: Answers | None = None) -> str:
    """What the policies are right about, and what they do where that is wrong."""
    greedy = read_answers(GREEDY) if greedy is None else greedy
    base = sides(base_of(greedy, RECIPE, 0))
    after = np.mean([sides(rows) for rows in answers_of(greedy, RECIPE, "final").values()], axis=0)
    return (
        f"Both one way: {base[0]:.0%} right before, {after[0]:.0%} after (mean of the seeds). "
        f"Opposite ways: {base[1]:.0%} before, {after[1]:.0%} after; there {after[2]:.0%} of the "
        f"answers add the sizes all the same, and put the first sign before"
    )


def stall_words() -> str:
    """When training stopped to get better, and what was left of it then."""
    curves = [row["curve"] for row in logs() if row["recipe"] == RECIPE]
    steps = len(curves[0]["reward"])
    names = ("rewards/accuracy/mean", "frac_reward_zero_std", "entropy")
    first, middle, last = (
        [np.mean([np.mean(curve[name][part]) for curve in curves]) for name in names]
        for part in (slice(0, 5), slice(10, 15), slice(-5, None))
    )
    return (
        f"Right in training: {first[0]:.0%} in the first five of {steps} steps, {middle[0]:.0%} in "
        f"steps 11 to 15, {last[0]:.0%} in the last five. Dead groups, after those that were "
        f"replaced: {first[1]:.0%}, {middle[1]:.0%}, {last[1]:.0%}. Entropy: {first[2]:.2f}, "
        f"{middle[2]:.2f}, {last[2]:.2f} nats a token."
    )


def sides_words(greedy: Answers | None = None) -> str:
    """How many of the questions go one way."""
    greedy = read_answers(GREEDY) if greedy is None else greedy
    asked = [one["question"] for one in base_of(greedy, RECIPE, 0)]
    return f"{sum(map(one_way, asked))} of the {len(asked)} held-out questions go one way."


def held_words() -> str:
    """Each threshold that was written down before the runs, and whether it holds."""
    return as_list(verdicts(read_answers(), read_answers(GREEDY)))


def as_list(found: Sequence[tuple[str, bool, str]]) -> str:
    """Thresholds as a list: the name, whether it holds, the numbers."""
    return "\n".join(
        f"- **{name}**: {'holds' if held else 'does not hold'}: {said}"
        for name, held, said in found
    )


def form_words() -> str:
    """The base in each form that it was asked in, and the policies above it."""
    return smollm_forms.table(smollm_forms.read_forms(), read_answers(GREEDY))
