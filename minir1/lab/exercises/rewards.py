"""Lesson 01, second half: judge an answer exactly, and break verifiers that don't."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.lab.sloppy import ANSWER, SLOPPY
from minir1.tasks.base import Verdict
from minir1.tasks.countdown import Countdown, verify_countdown
from minir1.tasks.expression import MAX_LENGTH

NOTEBOOK = "01_verifiable_rewards"


def problems(draw: Draw, count: int) -> Iterator[Any]:
    """Random Countdown problems."""
    stream = Countdown().problems("train", draw.randint(0, 2**31))
    return (next(stream) for _ in range(count))


def answered(body: str) -> str:
    """A completion with this answer."""
    return f"<think> let me see </think> <answer> {body} </answer>"


def right_cases(draw: Draw) -> Iterator[Case]:
    """Right answers: the generator's own, and some that need fractions or a larger range."""
    for problem in problems(draw, 6):
        yield Case((problem.gold, answered(problem.solution), "+-*", 99))
    gold = {"numbers": [7, 2, 2], "target": 7}
    yield from (Case((gold, answered("7 / 2 * 2"))), Case((gold, answered("2 * 7 / 2"), "+-*/")))
    wide = {"numbers": [12, 12], "target": 144, "max_value": 200}
    yield Case((wide, answered("12 * 12"), "*", 99))


def wrong_cases(draw: Draw) -> Iterator[Case]:
    """Another value, a number left out, used twice, or foreign; a foreign operator; a far way."""
    for problem in problems(draw, 3):
        gold, right = problem.gold, problem.solution
        a, *rest = gold["numbers"]
        doubled = " + ".join(map(str, [a, a, *rest]))
        sums = (f"{right} + 1", f"{right} + {a} - {a}", doubled)
        for body in (*sums, str(gold["target"]), str(a), f"-{right}"):
            yield Case((gold, answered(body), "+-*", 99))
    gold = {"numbers": [4, 30, 99], "target": 21}
    for args in (("+-*", 99), ("+*", None), ("+-*", None)):
        yield Case((gold, answered("4 * 30 - 99"), *args))
    for numbers, target, body in (
        ([5, 3, 9], 8, "5 + 3"),
        ([4, 2], 10, "4 + 4 + 2"),
        ([15, 2], 8, "15 / 2"),
    ):
        yield Case(({"numbers": numbers, "target": target}, answered(body)))
    gold = {"numbers": [7, 2, 2], "target": 7}
    yield Case((gold, answered("7 / 2 * 2"), "+-*/", 99))
    yield Case((gold | {"ops": "+-"}, answered("7 * 2 / 2")))


def attack_cases(draw: Draw) -> Iterator[Case]:
    """Texts that were written to hurt, and answers in the wrong place."""
    (problem,) = problems(draw, 1)
    right = problem.solution
    for text in (
        *map(answered, ("9 ** 9 ** 9", "__import__('os').getcwd()", "7 // 2", "1" * 13, "1 / 0",
                        "(" * 40 + "1" + ")" * 40, "007", "", "x = 1", "1 == 1", "3 . 5")),
        right,
        answered(right) + " or so",
        answered(right) + answered("1"),
        f"<think> <answer> {right} </answer> </think>",
        answered(right).removesuffix("</answer>"),
    ):  # fmt: skip
        yield Case((problem.gold, text, "+-*", 99))


VERIFY_COUNTDOWN = Exercise(
    of=verify_countdown,
    notebook=NOTEBOOK,
    difficulty=3,
    importance=5,
    minutes=25,
    needs=("parse", "stays_in_range"),
    parts=(
        Part("right", 2, right_cases),
        Part("wrong", 2, wrong_cases),
        Part("attacks", 2, attack_cases),
    ),
    mistakes={
        "value_only": Edit("sorted(result.numbers) != sorted(gold['numbers'])", "False"),
        "set_for_multiset": Edit("sorted(result.numbers) != sorted(gold['numbers'])",
                                 "set(result.numbers) != set(gold['numbers'])"),
        "subset": Edit("sorted(result.numbers) != sorted(gold['numbers'])",
                       "not set(result.numbers) <= set(gold['numbers'])"),
        "operators_ignored": Edit("not result.ops <= set(ops)", "False"),
        "range_ignored": Edit("max_value is not None and not stays_in_range(result, max_value)",
                              "False"),
        "gold_ignored": Edit("gold.get('max_value', max_value)", "max_value"),
        "faults_are_wrong": Edit("return result.verdict", "return Verdict.WRONG"),
        "rounded": Edit("result.value != gold['target']", "round(result.value) != gold['target']"),
        "no_answer_is_malformed": Edit("return parsed.verdict", "return Verdict.MALFORMED"),
    },
    same={"33:7: sorted -> list": "the numbers of a `Value` are sorted already"},
)  # fmt: skip


def fooled(name: str, gold: Any, value: Any) -> str:
    """Whether a text fools one sloppy verifier, and not the real one."""
    if not isinstance(value, str):
        return "judge.no_text"
    if verify_countdown(gold, value, "+-*", 99) is Verdict.CORRECT:
        return "judge.honest"
    if SLOPPY[name](gold, value):
        return ""
    longest = max(map(len, ANSWER.findall(value)), default=0)
    return "judge.unread" if longest > MAX_LENGTH else "judge.not_fooled"


def sloppy_part(name: str) -> Part:
    """One point for each verifier that is fooled, on problems not known before."""

    def cases(draw: Draw) -> Iterator[Case]:
        for problem in problems(draw, 5):
            if problem.gold["target"] not in problem.gold["numbers"]:
                yield Case((name, problem.gold), judge=partial(fooled, name, problem.gold))
        for gold in ({"numbers": [3, 5, 4], "target": 23}, {"numbers": [8, 1, 12], "target": 97}):
            yield Case((name, gold), judge=partial(fooled, name, gold))

    return Part(name, 1, cases)


CHEAT = Exercise(
    of=None,
    name="cheat",
    notebook=NOTEBOOK,
    difficulty=3,
    importance=5,
    minutes=25,
    needs=("verify_countdown",),
    parts=tuple(sloppy_part(name) for name in SLOPPY),
    mistakes={
        "honest": Edit("return texts[verifier]", "return two_answers.split(';')[0]"),
        "target_twice": Edit('"value_only": f"<answer>{target}</answer>"',
                             '"value_only": f"<answer>{target}</answer><answer>{target}</answer>"'),
        "one_answer": Edit('"any_answer": two_answers', '"any_answer": two_answers.split(";")[1]'),
        "nothing_reused": Edit("{make_target(numbers, target)}", "{numbers[0]}"),
        "no_equals": Edit('f"<think> = {target} </think>"', 'f"<think> {target} </think>"'),
        "glued": Edit('f"surely {target} "', 'f"surely={target}."'),
    },
    same={"9:65: 99 -> 100": "a try that passes by 100 is no worse for a cheat"},
)  # fmt: skip

EXERCISES = (VERIFY_COUNTDOWN, CHEAT)
