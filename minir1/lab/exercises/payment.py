"""Lesson 01, a free one: design a reward that survives four attacks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.tasks.base import Verdict
from minir1.tasks.completion import parse
from minir1.tasks.reward import Written

NOTEBOOK = "01_verifiable_rewards"
WRONG = (Verdict.WRONG, Verdict.MALFORMED, Verdict.NO_ANSWER, Verdict.TOO_LARGE)
MARGIN = 0.1
"""How much more a right answer must earn than any wrong one."""


def response(draw: Draw, verdict: Verdict, formed: bool, cut: bool = False) -> Written:
    """A response with this verdict, well formed or not, of any length."""
    text = "<answer> 5 </answer>" if verdict is not Verdict.NO_ANSWER else "five"
    thought = "<think> a </think> " if formed else ""
    limit = draw.choice((100, 240, 1000))
    tokens = limit if cut else draw.randint(5, limit - 1)
    return Written(verdict, parse(thought + text), tokens, limit, cut)


def pay_cases(draw: Draw, what: str) -> Iterator[Case]:
    """Some responses of each kind, in any order."""
    for _ in range(3):
        found = [response(draw, Verdict.CORRECT, draw.random() < 0.5) for _ in range(3)]
        found += [response(draw, verdict, formed) for verdict in WRONG for formed in (False, True)]
        found += [response(draw, draw.choice(WRONG), False, cut=True) for _ in range(2)]
        found += [response(draw, Verdict.TIMEOUT, draw.random() < 0.5)]
        draw.shuffle(found)
        yield Case((found,), judge=partial(survives, what, found))


def survives(what: str, responses: Sequence[Written], value: Any) -> str:
    """One line of the rubric: "" if it is met, or the key of what is wrong."""
    numbers = isinstance(value, list) and len(value) == len(responses)
    if not numbers or any(isinstance(v, bool) or not isinstance(v, int | float) for v in value):
        return "judge.no_rewards"
    if not all(math.isfinite(v) and -1 <= v <= 1 for v in value):
        return "judge.out_of_bounds"
    pairs = list(zip(responses, value, strict=True))
    right = [(one, v) for one, v in pairs if one.verdict is Verdict.CORRECT]
    wrong = [(one, v) for one, v in pairs if one.verdict in WRONG]
    if what == "right" and min(v for _, v in right) < max(v for _, v in wrong) + MARGIN:
        return "judge.wrong_beats_right"
    if what == "form" and max(v for _, v in wrong) > 0:
        return "judge.form_is_paid"
    if what == "padding":
        for group in (right, [(one, v) for one, v in wrong if not one.cut]):
            if any(a.tokens / a.limit > b.tokens / b.limit and va > vb + 1e-9
                   for a, va in group for b, vb in group if alike(a, b)):  # fmt: skip
                return "judge.length_is_paid"
    if what == "ends":
        cut = [v for one, v in wrong if one.cut]
        if max(cut) >= min(v for one, v in wrong if not one.cut):
            return "judge.no_end_is_fine"
        if any(v != 0 for one, v in pairs if one.verdict is Verdict.TIMEOUT):
            return "judge.not_judged"
    return ""


def alike(a: Written, b: Written) -> bool:
    """Two responses that differ in their length only."""
    return a.verdict is b.verdict and a.parsed.well_formed == b.parsed.well_formed


PAY = Exercise(
    of=None,
    name="pay",
    notebook=NOTEBOOK,
    difficulty=3,
    importance=5,
    minutes=25,
    needs=("verify_countdown",),
    parts=tuple(
        Part(what, points, partial(pay_cases, what=what))
        for what, points in (("right", 2), ("form", 1), ("padding", 2), ("ends", 2))
    ),
    mistakes={
        "form_bonus": Edit("reward = -0.2", "reward = 0.2 * one.parsed.well_formed"),
        "effort_is_paid": Edit("reward = -0.2", "reward = 0.5 * one.tokens / one.limit - 0.5"),
        "short_is_all": Edit("reward = 1.0", "reward = 1.0 - 1.9 * one.tokens / one.limit"),
        "long_is_better": Edit("reward = 1.0", "reward = 0.5 + 0.5 * one.tokens / one.limit"),
        "no_end_is_free": Edit("reward = -1.0", "reward = -0.2"),
        "hangs_are_punished": Edit("reward = 0.0", "reward = -0.2"),
        "too_much": Edit("reward = 1.0", "reward = 10.0"),
        "form_decides": Edit("reward = 1.0", "reward = 1.0 if one.parsed.well_formed else -0.5"),
    },
    same={
        "18:22: 0.2 -> 0.4": "any reward between that of no end and 0 will do",
    },
)

EXERCISES = (PAY,)
