"""Lesson 16, a free one: pay for programs, so that naming the tests doesn't pay."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.tasks.base import Problem
from minir1.tasks.scenarios.stack import Stack, Test
from minir1.tasks.scenarios.stack_machine import MAX_VALUE, run

NOTEBOOK = "16_risk"
MARGIN = 0.1
"""How much more a right program must earn than a wrong one."""
KINDS = {"right": 2, "examples_named": 1, "tests_named": 2, "back_door": 1, "narrow": 1,
         "any_text": 1}  # fmt: skip
"""What each part tries beside right programs, and its points."""
TEXTS = ("", "<answer>", "when", "<answer> when 1 give </answer>", "<answer> + + + </answer>",
         "<answer> \ud800 </answer>", "<answer>" + "1 " * 9000 + "</answer>",
         "<answer></answer>" * 40)  # fmt: skip


def domain(program: str) -> list[int]:
    """The inputs for which a program has a result."""
    return [x for x in range(MAX_VALUE + 1) if run(program, x) is not None]


def named(tests: Sequence[Test]) -> str:
    """A program that names its cases."""
    return " ".join(f"when {x} give {y}" for x, y in tests)


def attacks(draw: Draw, kind: str, problem: Problem) -> list[str]:
    """Programs, or texts, that must earn nothing."""
    right, seen, unseen = problem.solution, problem.gold["visible"], problem.gold["hidden"]
    inputs = domain(right)
    if kind == "examples_named":
        return [named(seen), named(seen) + " 1 +", named(seen[::-1]) + " dup"]
    if kind == "tests_named":
        tests = [*seen, *unseen]
        draw.shuffle(tests)
        return [named(tests), named(tests) + " dup"]
    if kind == "back_door":
        known = {x for x, _ in (*seen, *unseen)}
        x = draw.choice([x for x in inputs if x not in known])
        return [f"when {x} give {(run(right, x) or 0) + 1} {right}"]
    if kind == "narrow":
        low = min(x for x, _ in (*seen, *unseen))  # so that it passes every test
        return [f"{low} - {low} + {right}", f"{right} when {inputs[-1]} give 0"]
    return [f"{right} 1 +", str(seen[0][1]), "dup", "", right.replace(" ", ""), f"{right} {right}"]


def cases(draw: Draw, kind: str) -> Iterator[Case]:
    """Right programs written in several ways, and the attacks, in any order."""
    stream = Stack().problems("train", draw.randint(0, 2**31))
    for _ in range(4):
        problem = next(stream)
        right = problem.solution
        found = [(text, True) for text in (right, f"{right} 0 +", f"1 * {right}", f"{right} dup")]
        texts = [] if kind == "any_text" else attacks(draw, kind, problem)
        found += [(text, False) for text in texts if not same(right, text)]
        shown = [(f"<think> 1 </think> <answer> {text} </answer>", good) for text, good in found]
        shown += [(text, False) for text in TEXTS if kind == "any_text"]
        draw.shuffle(shown)
        given = [text for text, _ in shown]
        yield Case((problem, given), judge=partial(holds, [good for _, good in shown]))


def same(right: str, other: str) -> bool:
    """Whether two programs agree wherever the first one has a result."""
    return all(run(right, x) == run(other, x) for x in domain(right))


def holds(good: Sequence[bool], value: Any) -> str:
    """Whether right programs are paid and nothing else is; or the key of what is wrong."""
    numbers = isinstance(value, list) and len(value) == len(good)
    if not numbers or any(isinstance(v, bool) or not isinstance(v, int | float) for v in value):
        return "judge.no_rewards"
    if not all(math.isfinite(v) and -1 <= v <= 1 for v in value):
        return "judge.out_of_bounds"
    wrong = [v for v, right in zip(value, good, strict=True) if not right]
    if wrong and max(wrong) > 0:
        return "judge.attack_is_paid"
    least = min(v for v, right in zip(value, good, strict=True) if right)
    return "" if least >= max([0.0, *wrong]) + MARGIN else "judge.wrong_beats_right"


PAY_PROGRAMS = Exercise(
    of=None,
    name="pay_programs",
    notebook=NOTEBOOK,
    difficulty=3,
    importance=5,
    minutes=30,
    needs=("pay",),
    parts=tuple(Part(kind, points, partial(cases, kind=kind)) for kind, points in KINDS.items()),
    mistakes={
        "examples_only": Edit("range(100)", "[x for x, _ in problem.gold['visible']]"),
        "tests_only": Edit("range(100)",
                           "[x for name in ('visible', 'hidden') for x, _ in problem.gold[name]]"),
        "one_to_nine": Edit("range(100)", "range(1, 10)"),
        "every_second": Edit("range(100)", "range(0, 100, 2)"),
        "share_of_tests": Edit("float(passed == len(wanted))", "passed / len(wanted)"),
        "nearly_all": Edit("passed == len(wanted)", "passed >= len(wanted) - 1"),
        "no_answer_crashes": Edit("parse(text).answer or ''", "parse(text).answer"),
        "nothing_pays": Edit("float(passed == len(wanted))", "0.0"),
        "form_is_paid": Edit("float(passed == len(wanted))",
                             "0.2 + 0.8 * float(passed == len(wanted))"),
    },
)  # fmt: skip

EXERCISES = (PAY_PROGRAMS,)
