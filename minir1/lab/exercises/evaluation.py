"""Lesson 12: how sure is a measurement, and is B better than A?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.lab.grader.plain import Record
from minir1.run.stats import majority, paired_difference, wilson

NOTEBOOK = "12_evaluation"


def share_cases(draw: Draw) -> Iterator[Case]:
    """Small and large samples, some with no success, some with nothing else."""
    for n in (5, 20, 100, draw.randint(30, 900)):
        yield from (Case((draw.randint(1, n - 1), n)), Case((0, n)), Case((n, n)))


WILSON = Exercise(
    of=wilson,
    notebook=NOTEBOOK,
    difficulty=3,
    importance=4,
    minutes=20,
    parts=(Part("interval", 3, share_cases),),
    mistakes={
        "wald": Edit("Interval(p, center - half, center + half)",
            "Interval(p, *(p + s * z * (p * (1 - p) / n) ** 0.5 for s in (-1, 1)))"),
        "ninety": Edit("z = 1.959964", "z = 1.644854"),
        "center_not_moved": Edit("center - half, center + half", "p - half, p + half"),
        "value_is_center": Edit("Interval(p, ", "Interval(center, "),
        "not_shrunk": Edit("grow = 1 + z * z / n", "grow = 1"),
        "no_correction": Edit("+ z * z / (4 * n * n)", ""),
        "one_standard_error": Edit("half = z * ", "half = "),
        "times_n": Edit("z * z / (2 * n)", "z * z / 2 * n"),
    },
    rtol=1e-4,
    atol=1e-6,
)  # fmt: skip


def vote_cases(draw: Draw) -> Iterator[Case]:
    """Votes with ties, and with many that are none."""
    for _ in range(8):
        yield Case(
            ([draw.choice(("7", "9", "12", None, None)) for _ in range(draw.randint(3, 9))],)
        )
    for votes in (
        [],
        [None, None],
        ["9", "7"],
        ["7", "9", "9", "7"],
        [None, None, "3"],
        ["9", "10"],
    ):
        yield Case((votes,))


MAJORITY = Exercise(
    of=majority,
    notebook=NOTEBOOK,
    difficulty=1,
    importance=3,
    minutes=10,
    parts=(Part("votes", 2, vote_cases),),
    mistakes={
        "none_votes": Edit("if answer is None:", "if False:"),
        "last_of_equals": Edit("votes[answer] > most", "votes[answer] >= most"),
        "smallest_of_equals": Edit("for answer in votes:", "for answer in sorted(votes):"),
        "first_answer": Edit("votes.get(answer, 0) + 1", "1"),
        "fewest": Edit("votes[answer] > most", "best is None or votes[answer] < most"),
        "absolute_majority": Edit(
            "votes[answer] > most", "votes[answer] > max(most, len(answers) / 2)"
        ),
    },
    same={
        "14:47: 1 -> 2": "all counts are doubled",
        "14:42: 0 -> 1": "all counts are one higher",
    },
)


def measured(draw: Draw, problems: int, samples: int) -> tuple[list[list[int]], list[list[int]]]:
    """Right and wrong of two policies on the same problems, some of which are hard for both."""
    before, after = [], []
    for _ in range(problems):
        chance = draw.choice((0.02, 0.98))  # most problems are as hard for the one as for the other
        for one in (before, after):
            one.append([int(draw.random() < chance) for _ in range(samples)])
            chance = 1.0 - chance if draw.random() < 0.25 else chance
    return before, after


def pair_cases(draw: Draw, judge: Any) -> Iterator[Case]:
    """Enough problems that the bootstrap's own luck is small beside the interval."""
    for problems, samples in ((80, 6), (150, 1)):
        pair = measured(draw, problems, samples)
        right = paired_difference(*pair)
        for seed in (0, draw.randint(1, 1000)):
            yield Case((*pair, seed), judge=partial(judge, right.to_json()))


def fields_of(value: Any) -> dict[str, float]:
    """The three numbers of an interval; empty if there are none."""
    held = dict(value.fields) if isinstance(value, Record) else {}
    whole = all(isinstance(held.get(name), float | int) for name in ("value", "low", "high"))
    return held if whole else {}


def right_value(right: dict[str, float], value: Any) -> str:
    """The difference itself has no luck in it."""
    held = fields_of(value)
    if not held:
        return "judge.no_interval"
    return "" if abs(held["value"] - right["value"]) < 1e-6 else "judge.other_difference"


def right_width(right: dict[str, float], value: Any) -> str:
    """The ends may differ by the bootstrap's luck, which is small at 4,000 draws."""
    held = fields_of(value)
    if not held:
        return "judge.no_interval"
    width = right["high"] - right["low"]
    if held["high"] - held["low"] < 0.9 * width:
        return "judge.too_narrow"
    if held["high"] - held["low"] > 1.1 * width:
        return "judge.too_wide"
    off = max(abs(held[end] - right[end]) for end in ("low", "high"))
    return "judge.other_ends" if off > 0.06 * width else ""


def unpaired(draw: Draw) -> Iterator[Case]:
    """What can't be paired is the user's mistake."""
    before, after = measured(draw, 5, 2)
    yield Case((before, after[:-1], 0), raises="ValueError")


PAIRED_DIFFERENCE = Exercise(
    of=paired_difference,
    notebook=NOTEBOOK,
    difficulty=4,
    importance=5,
    minutes=30,
    needs=("wilson",),
    parts=(
        Part("value", 1, lambda draw: pair_cases(draw, right_value)),
        Part("interval", 3, lambda draw: pair_cases(draw, right_width)),
        Part("bad_input", 1, unpaired),
    ),
    mistakes={
        "sign": Edit("np.mean(after[i]) - np.mean(before[i])",
                     "np.mean(before[i]) - np.mean(after[i])"),
        "samples_redrawn": Edit("differences = np.array(means)",
            "differences = np.concatenate([np.subtract(b, a) for a, b in zip(before, after)])"),
        "not_paired": Edit("draws = differences[picked].mean(axis=1)",
            "draws = (np.array([np.mean(b) for b in after])[picked].mean(axis=1)"
            " - np.array([np.mean(a) for a in before])[rng.permutation(picked)].mean(axis=1))"),
        "ninety": Edit("[2.5, 97.5]", "[5.0, 95.0]"),
        "one_standard_error": Edit("np.percentile(draws, [2.5, 97.5])",
                                   "draws.mean() - draws.std(), draws.mean() + draws.std()"),
        "not_redrawn": Edit("np.percentile(draws", "np.percentile(differences"),
        "not_checked": Edit("len(before) != len(after)", "False"),
        "around_zero": Edit("Interval(float(differences.mean()), float(low), float(high))",
            "Interval(float(differences.mean()), float(low - draws.mean()),"
            " float(high - draws.mean()))"),
    },
    same={"24:50: 4000 -> 4001": "one draw more"},
)  # fmt: skip

EXERCISES = (WILSON, MAJORITY, PAIRED_DIFFERENCE)
