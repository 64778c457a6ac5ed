"""Lesson 09: windows and noise in a diary, and six patients without a name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.lab.ward import NOTHING, PATIENTS, illness, names
from minir1.run.doctor.diary import highest_window, rise_of

NOTEBOOK = "09_the_doctor_and_the_clinic"


def curve(draw: Draw, steps: int) -> list[float]:
    """A noisy curve that rises or falls."""
    slope = draw.uniform(-0.04, 0.04)
    return [draw.uniform(-0.2, 0.2) + slope * step for step in range(steps)]


def window_cases(draw: Draw) -> Iterator[Case]:
    """Long curves, with the highest place in the middle or at the very end."""
    for window in (2, 3, 5, 8):
        yield Case((curve(draw, draw.randint(window, 30)), window))
        yield Case((sorted(curve(draw, 3 * window)), window))


def short_cases(draw: Draw) -> Iterator[Case]:
    """Fewer values than one window, and none."""
    for steps in (0, 1, 2, draw.randint(3, 7)):
        yield Case((curve(draw, steps), 8))


HIGHEST_WINDOW = Exercise(
    of=highest_window,
    notebook=NOTEBOOK,
    difficulty=1,
    importance=3,
    minutes=10,
    parts=(Part("windows", 1, window_cases), Part("short", 1, short_cases)),
    mistakes={
        "last_window": Edit("range(max(1, len(values) - window + 1))",
                            "[max(0, len(values) - window)]"),
        "highest_step": Edit("sum(part) / len(part)", "max(part)"),
        "lowest": Edit("return max(means)", "return min(means)"),
        "misses_the_last": Edit("len(values) - window + 1", "len(values) - window"),
        "side_by_side": Edit("range(max(1, len(values) - window + 1))",
                             "range(0, max(1, len(values) - window + 1), window)"),
        "short_ones_shrink": Edit("sum(part) / len(part)", "sum(part) / window"),
        "short_is_none": Edit("if not values:", "if len(values) < window:"),
    },
    rtol=1e-6,
    atol=1e-9,
)  # fmt: skip


def rise_cases(draw: Draw) -> Iterator[Case]:
    """Curves of two windows and more."""
    for window in (2, 4, 8):
        for _ in range(2):
            yield Case((curve(draw, draw.randint(2 * window + 1, 5 * window)), window))
        yield Case((curve(draw, 2 * window), window))


def early_cases(draw: Draw) -> Iterator[Case]:
    """Too early to compare: the two windows would share steps."""
    for steps in (0, 1, 8, 15):
        yield Case((curve(draw, steps), 8))


RISE_OF = Exercise(
    of=rise_of,
    notebook=NOTEBOOK,
    difficulty=2,
    importance=4,
    minutes=15,
    needs=("highest_window",),
    parts=(Part("rise", 2, rise_cases), Part("too_early", 1, early_cases)),
    mistakes={
        "biased": Edit("/ (window - 1) / window", "/ window / window"),
        "of_one_step": Edit("/ (window - 1) / window", "/ (window - 1)"),
        "no_root": Edit("noise**0.5", "noise"),
        "sign": Edit("means[1] - means[0]", "means[0] - means[1]"),
        "trend_is_noise": Edit("(x - mean) ** 2", "(x - sum(values) / len(values)) ** 2"),
        "one_window": Edit("noise += ", "noise = "),
        "errors_add": Edit(
            "noise += sum((x - mean) ** 2 for x in part) / (window - 1) / window",
            "new = sum((x - mean) ** 2 for x in part) / (window - 1) / window\n"
            "        noise = (noise**0.5 + new**0.5) ** 2",
        ),
        "overlap": Edit("len(values) < 2 * window", "len(values) < window"),
        "last_minus_first": Edit("means[1] - means[0]", "values[-1] - values[0]"),
    },
    rtol=1e-6,
    atol=1e-9,
)


def named(letter: str, value: Any) -> str:
    """Whether the learner's dict gives this patient the right name."""
    if not isinstance(value, dict) or letter not in value:
        return "judge.no_name"
    if value[letter] not in names():
        return "judge.no_finding"
    if value[letter] == illness(letter):
        return ""
    if illness(letter) == NOTHING:
        return "judge.false_alarm"
    return "judge.missed" if value[letter] == NOTHING else "judge.other_illness"


def patient(letter: str) -> Part:
    """One point for each patient that is named right."""
    return Part(letter, 1, lambda draw: iter([Case(judge=partial(named, letter))]))


DIAGNOSE = Exercise(
    of=None,
    name="diagnose",
    notebook=NOTEBOOK,
    difficulty=3,
    importance=5,
    minutes=30,
    needs=("rise_of",),
    parts=tuple(patient(letter) for letter in PATIENTS),
    mistakes={
        "symptom_of_heat": Edit('"A": "format_failures"', '"A": "entropy_explosion"'),
        "only_what_is_paid": Edit('"B": "proxy_gap"', '"B": "healthy"'),
        "lower_reward": Edit('"C": "clipping"', '"C": "reward_fell"'),
        "noise_for_illness": Edit('"D": "healthy"', '"D": "no_progress"'),
        "cut_for_short": Edit('"E": "thinking_shrinks"', '"E": "truncation"'),
        "moved_for_dead": Edit('"F": "dead_experts"', '"F": "router_drift"'),
        "all_well": Edit('"A": "format_failures"', '"A": "healthy"'),
    },
)

EXERCISES = (HIGHEST_WINDOW, RISE_OF, DIAGNOSE)
