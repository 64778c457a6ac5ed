"""The audit passes sound tasks, and finds each fault that was put into one."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

import pytest

from minir1.tasks import Problem, Verdict, parse
from minir1.tasks.arithmetic import Arithmetic
from minir1.tasks.audit import audit
from minir1.tasks.countdown import Countdown
from minir1.tasks.sources.file import FileTask

RIGHT, WRONG = Verdict.CORRECT, Verdict.WRONG


@dataclass
class Made:
    """A task whose verifier the test wrote."""

    name: ClassVar[str] = "made"
    verify: Callable[[Any, str], Verdict]

    def problems(self, split, seed):
        return iter(PROBLEMS)


def failed(task, problems) -> set[str]:
    return {check.name for check in audit(task, problems) if check.status == "FAIL"}


@pytest.mark.parametrize("kind", [Countdown, Arithmetic])
def test_our_own_tasks_pass(kind):
    task = kind()
    assert failed(task, list(islice(task.problems("train", 0), 30))) == set()


PROBLEMS = [Problem("t", f"compute {n} + 1", n + 1, str(n), str(n + 1)) for n in range(30)]


def answer_of(text: str) -> str:
    return parse(text).answer or ""


FAULTS = {
    "gold": lambda gold, text: WRONG,
    "constants": lambda gold, text: RIGHT if answer_of(text) in (str(gold), "0") else WRONG,
    "no answers": lambda gold, text: (
        RIGHT if answer_of(text) in (str(gold), "nan") else WRONG  # a comparison with no number
    ),
    "hostile texts": lambda gold, text: (
        RIGHT if not answer_of(text) or answer_of(text) == str(gold) else WRONG
    ),
    "echo": lambda gold, text: (
        RIGHT if answer_of(text) in (str(gold), f"{gold - 1} + 1") else WRONG  # by value alone
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_was_put_in_is_found_and_no_other(name):
    task = Made(FAULTS[name])
    assert failed(task, PROBLEMS) == {name}


def test_a_question_with_two_golds_is_found():
    twice = [*PROBLEMS, Problem("t", "compute 3 + 1", 5, "3", "5")]
    sound = Made(lambda gold, text: RIGHT if answer_of(text) == str(gold) else WRONG)
    assert failed(sound, twice) == {"rows"} and failed(sound, PROBLEMS) == set()


def test_rows_without_a_right_answer_are_said_and_are_no_fault():
    bare = [Problem("t", p.question, p.gold, p.key) for p in PROBLEMS]
    sound = Made(lambda gold, text: RIGHT if answer_of(text) == str(gold) else WRONG)
    first = audit(sound, bare)[0]
    assert (first.name, first.status) == ("gold", "unknown") and "30 of 30" in first.found


def test_programs_are_swept_by_constant_programs(tmp_path):
    gold = {"fn": "f", "hidden_tests": [[[1], 0], [[2], 0]]}
    rows = [
        {"question": f"Write f, {n}.", "gold": gold, "verifier": "code",
         "solution": "def f(x): return 0"}
        for n in range(2)
    ]  # fmt: skip
    path = tmp_path / "programs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    task = FileTask(path=str(path))
    problems = task.of_split("train") + task.of_split("heldout")
    assert failed(task, problems) == {"constants"}, "the program `return 0` wins every row"
