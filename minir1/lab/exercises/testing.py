"""Lesson 01, a free one: write the test that a broken verifier fails, and a right one passes."""

from __future__ import annotations

from minir1.lab.grader.exercise import Edit, Exercise
from minir1.lab.grader.trials import kill

NOTEBOOK = "01_verifiable_rewards"
SUBJECT = """
import re

from minir1.tasks.base import Verdict
from minir1.tasks.completion import parse
from minir1.tasks.expression import Value, evaluate, stays_in_range


def verify_countdown(gold, completion, ops="+-*/", max_value=None):
    ops, max_value = gold.get("ops", ops), gold.get("max_value", max_value)
    answer = parse(completion).answer
    result = None if answer is None else evaluate(answer)
    right = (
        isinstance(result, Value)
        and result.value == gold["target"]
        and sorted(result.numbers) == sorted(gold["numbers"])
        and result.ops <= set(ops)
        and (max_value is None or stays_in_range(result, max_value))
    )
    return Verdict.CORRECT if right else Verdict.WRONG
"""
"""A right verifier that calls everything else WRONG. Each broken one is this with one edit."""
OWN = "from minir1.tasks.countdown import verify_countdown"
"""The package's: right too, and it has names for what can't be read."""
NUMBERS = 'sorted(result.numbers) == sorted(gold["numbers"])'
ANSWER = "answer = parse(completion).answer"
BROKEN = {
    "value_only": Edit(NUMBERS, "True"),
    "reused": Edit(NUMBERS, "set(result.numbers) == set(gold[\"numbers\"])"),
    "left_out": Edit(NUMBERS, "all(result.numbers.count(n) <= gold[\"numbers\"].count(n) "
                     "for n in result.numbers)"),
    "operators": Edit("result.ops <= set(ops)", "True"),
    "way": Edit("stays_in_range(result, max_value)", "0 <= result.value <= max_value"),
    "rounded": Edit("result.value == gold", "round(result.value) == gold"),
    "last_answer": Edit(ANSWER, "answer = ([None] + re.findall(\"<answer>(.*?)</answer>\", "
                        "completion))[-1]"),
    "thinking": Edit(ANSWER, "answer = parse(re.sub(\"</?think>\", \"\", completion)).answer"),
    "in_order": Edit(NUMBERS, "[int(n) for n in re.findall(\"[0-9]+\", answer)] == "
                     "list(gold[\"numbers\"])"),
    "raises": Edit("isinstance(result, Value)\n        and ", "answer is not None and "),
}  # fmt: skip
"""What is wrong with each: eight holes, one that refuses right answers, one that can crash."""
ANY = "a number alone is wrong, whichever numbers are given"

TEST_VERIFY_COUNTDOWN = Exercise(
    of=None,
    name="test_verify_countdown",
    notebook=NOTEBOOK,
    difficulty=3,
    importance=5,
    minutes=30,
    needs=("verify_countdown", "cheat"),
    parts=tuple(
        kill(name, "verify_countdown", [SUBJECT, OWN], edit.apply(SUBJECT))
        for name, edit in BROKEN.items()
    ),
    mistakes={
        "always_fails": Edit("assert (said is Verdict.CORRECT) == right", "assert False"),
        "names_demanded": Edit("assert told is not Verdict.CORRECT",
                               "assert told is Verdict.MALFORMED"),
        "never_asserts": Edit("assert (said is Verdict.CORRECT) == right, answer", "pass"),
        "in_order_only": Edit('"5 + 10 - 1"', '"10 + 5 - 1"'),
        "all_can_be_read": Edit('"<answer> x = 14 </answer>", ', ""),
        "no_limits": Edit('([6, 3], 2, "6 / 3", False, "+-*"), '
                          '([4, 30, 99], 21, "4 * 30 - 99", False, "+-*", 99),', ""),
        "no_number_twice": Edit('([4, 2], 10, "4 + 4 + 2", False), ', ""),
    },
    same={
        "8:45: 10 -> 11": ANY,
        "8:49: 5 -> 6": ANY,
        "8:56: 14 -> 15": ANY,
    },
)  # fmt: skip

EXERCISES = (TEST_VERIFY_COUNTDOWN,)
