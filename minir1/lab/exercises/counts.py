"""Lesson 02, second half: judge the tries of a trace, and count what it did."""

from __future__ import annotations

from collections.abc import Iterator

from minir1.lab.exercises.traces import problems, trace
from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.tasks.search import Try, random_try
from minir1.text.trace import is_right, trace_stats

NOTEBOOK = "02_tokens_and_a_base"


def judging_cases(draw: Draw) -> Iterator[Case]:
    """Right tries, and tries with a foreign number, a number left out, false arithmetic."""
    for numbers, _ in problems(draw, 5):
        one = random_try(draw, numbers, "+-*", 99)
        a, op, b, c = one.steps[0]
        yield Case((one, numbers, one.value))
        yield Case((one, numbers, one.value + 1))
        yield Case((one, [*numbers, 3], one.value))
        yield Case((one, [*numbers[:-1], numbers[-1] + 20], one.value))
        yield Case((Try(((a, op, b, c + 1), *one.steps[1:])), numbers, one.value))
        yield Case((Try(one.steps[:1]), numbers, c))
        yield Case((one, numbers, one.value, draw.choice((5, 500))))


def edge_cases(draw: Draw) -> Iterator[Case]:
    """A number used twice, a number made and not used, values below 0 and above the limit."""
    yield Case((Try(((5, "+", 5, 10), (10, "+", 3, 13))), [5, 3, 3], 13))
    yield Case((Try(((5, "+", 5, 10), (10, "+", 3, 13))), [5, 5, 3], 13))
    yield Case((Try(((2, "-", 5, -3), (-3, "+", 9, 6))), [2, 5, 9], 6))
    yield Case((Try(((12, "*", 10, 120), (120, "-", 30, 90))), [12, 10, 30], 90))
    yield Case((Try(((12, "*", 10, 120), (120, "-", 30, 90))), [12, 10, 30], 90, 200))
    yield Case((Try(((4, "+", 6, 10), (10, "+", 4, 14))), [4, 6], 14))
    yield Case((Try(((7, "/", 2, 3), (3, "*", 2, 6))), [7, 2, 2], 6))


IS_RIGHT = Exercise(
    of=is_right,
    notebook=NOTEBOOK,
    difficulty=3,
    importance=4,
    minutes=20,
    needs=("apply",),
    parts=(Part("tries", 2, judging_cases), Part("edges", 1, edge_cases)),
    mistakes={
        "value_only": Edit("return pool == [target]", "return c == target"),
        "arithmetic_trusted": Edit("apply(a, op, b, max_value) != c", "False"),
        "reused": Edit("pool.remove(a)", "pass"),
        "target_not_asked": Edit("return pool == [target]", "return len(pool) == 1"),
        "foreign_numbers": Edit("return False  # a number that is not there", "pass"),
        "result_forgotten": Edit("pool.append(c)", "pass"),
        "no_limit": Edit("apply(a, op, b, max_value)", "apply(a, op, b, 10**6)"),
    },
)


def counting_cases(draw: Draw) -> Iterator[Case]:
    """Long traces with junk; some of their tries are the same try in another order."""
    for numbers, target in problems(draw, 8):
        think = trace(draw, numbers, target, draw.randint(2, 9))
        yield Case((think, numbers, target))


def small_cases(draw: Draw) -> Iterator[Case]:
    """Traces whose counts anybody can check by hand."""
    numbers, target = [10, 5, 1], 15
    for think in (
        "",
        "10 + 5 = 15 , 15 * 1 = 15",
        "10 + 5 = 15 , 15 * 1 = 15 ? 15 yes",
        "10 - 5 = 5 , 5 * 1 = 5 ? 15 no ; 10 + 5 = 15 , 15 * 1 = 15 ? 15 yes",
        "10 + 5 = 15 , 1 * 15 = 15 ? 15 no ; 5 + 10 = 15 , 15 * 1 = 15 ? 15 no",
        "10 + 5 = 16 , 16 - 1 = 15 ? 15 yes ; ? 15 no ; 10 - 1 = 9 , 9 + 5 = 14 ? 15 yes",
    ):
        yield Case((think, numbers, target))


TRACE_STATS = Exercise(
    of=trace_stats,
    notebook=NOTEBOOK,
    difficulty=3,
    importance=3,
    minutes=20,
    needs=("read_tries", "is_right"),
    parts=(Part("by_hand", 1, small_cases), Part("long", 2, counting_cases)),
    mistakes={
        "last_no_counts": Edit("tries[:-1]", "tries"),
        "order_matters": Edit("one.steps.key", "one.steps.steps"),
        "any_try_right": Edit("bool(right) and right[0]", "any(right)"),
        "checks_of_tries_only": Edit("checks=len(CHECK.findall(think))",
                                     "checks=sum(one.said != '' for one in tries)"),
        "every_yes_truthful": Edit("(one.said == 'yes') == ok", "one.said == 'yes'"),
        "unchecked_counts": Edit("if one.said", "if True"),
        "values_not_tries": Edit("{one.steps.key for", "{one.steps.value for"),
    },
)  # fmt: skip


EXERCISES = (IS_RIGHT, TRACE_STATS)
