"""A learner's own test on trial: points for what it refuses, none if it refuses what is right."""

import sys

import pytest

from minir1.lab.course import solution_of
from minir1.lab.exercises import get
from minir1.lab.exercises.testing import BROKEN, OWN, SUBJECT
from minir1.lab.grader.outcome import Status
from minir1.lab.grader.told import Told
from minir1.lab.grader.trials import verdict
from minir1.lab.words import LANGUAGES, Words
from minir1.tasks.base import Verdict
from minir1.tasks.countdown import Countdown, verify_countdown

NAME = "test_verify_countdown"
HEAD = f"def {NAME}(verify_countdown):\n    "
TEXTS = ("<answer> {0} </answer>", "{0}", "<answer> x = 1 </answer>", "<think> 1 </think>",
         "<answer> {0} </answer> <answer> 1 </answer>", "<answer> ({0}) * 1 </answer>")  # fmt: skip
needs_a_limit = pytest.mark.skipif(
    sys.platform == "darwin", reason="macOS takes no limit on memory"
)


def points(outcome):
    return [part.points for part in outcome.parts]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_test_that_fails_everything_earns_nothing_and_is_told_why(language, graded):
    outcome = graded(NAME, HEAD + "assert False, 'it is broken'")
    assert outcome.points == 0 and outcome.status is Status.REFUSES_RIGHT
    told = Told(outcome, get(NAME), Words(language))
    assert len(told.lines()) == 1 and "it is broken" in repr(told)
    assert Words(language).say("status.refuses_right") in repr(told)


@pytest.mark.parametrize("body", ["pass", "return verify_countdown({}, '') is None", "return 1"])
def test_a_test_that_asserts_nothing_kills_nothing(body, graded):
    text = HEAD.replace("{}", "{'numbers': [1], 'target': 1}") + "x = 1\n    "
    outcome = graded(NAME, text + body.replace("{}", "{'numbers': [1], 'target': 1}"))
    assert outcome.points == 0 and outcome.status is Status.LETS_PASS


def test_one_case_earns_the_points_of_the_verifiers_that_it_tells_apart(graded):
    outcome = graded(
        NAME,
        HEAD + "gold = {'numbers': [4, 2], 'target': 10}\n    "
        "said = verify_countdown(gold, '<answer> 4 + 4 + 2 </answer>')\n    "
        "assert said.name != 'CORRECT'",
    )
    killed = {part.name for part in outcome.parts if part.points}
    assert killed == {"value_only", "reused"}
    assert {part.status for part in outcome.parts} == {Status.RIGHT, Status.LETS_PASS}


def test_a_test_that_asserts_too_little_is_not_called_one_that_asserts_nothing(graded):
    """A verdict is one bit, so two different tests agree about many a subject by luck."""
    head = "import torch\ndef test_group_advantages(group_advantages):\n"
    table = "    rewards = torch.tensor([[1.0, 0, 0], [1.0, 1, 0]])\n"
    sums = "    assert float(group_advantages(rewards).sum(-1).abs().max()) < 1e-4\n"
    weak = graded("test_group_advantages", head + table + sums, True)
    assert 0 < weak.points < weak.max_points and weak.mistake == ""


def test_a_test_that_demands_names_refuses_a_right_verifier(graded):
    """Two right verifiers call an answer that can't be read by different names."""
    gold = "{'numbers': [4, 2], 'target': 6}"
    text = HEAD + f"assert verify_countdown({gold}, '<answer> x </answer>').name == 'MALFORMED'"
    outcome = graded(NAME, text)
    assert outcome.points == 0 and outcome.status is Status.REFUSES_RIGHT
    # A bare assert says its own line.
    assert outcome.parts[0].error["message"].startswith("assert verify_countdown")
    assert outcome.parts[0].error["line"] == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("raise NotImplementedError", Status.NOT_DONE),
        ("import sys; sys.exit()", Status.EXITED),
        ("import os; os._exit(0)", Status.EXITED),
        pytest.param("[0] * 10**11", Status.TOO_MUCH_MEMORY, marks=needs_a_limit),
        ("no_such_name", Status.REFUSES_RIGHT),
    ],
)
def test_what_says_nothing_of_the_subject_is_no_kill(body, status, graded):
    outcome = graded(NAME, HEAD + "x = 1\n    " + body)
    assert outcome.points == 0 and outcome.status is status


def test_a_subject_that_crashes_is_refused_like_one_that_is_wrong(graded):
    text = HEAD + ("verify_countdown({'numbers': [1], 'target': 1}, '<answer> x = 1 </answer>')")
    killed = {part.name for part in graded(NAME, text).parts if part.points}
    assert killed == {"raises"}


def test_the_solution_kills_all(graded):
    outcome = graded(NAME, solution_of(get(NAME)))
    assert points(outcome) == [1] * len(BROKEN)


def named(text):
    found = {}
    exec(compile(text, "<subject>", "exec"), found)
    return found["verify_countdown"]


def cases():
    """Random problems and answers near the right one, with limits and without."""
    stream = Countdown().problems("train", 7)
    for _ in range(40):
        problem = next(stream)
        first = problem.gold["numbers"][0]
        for body in (problem.solution, f"{problem.solution} + {first} - {first}", str(first)):
            for text in TEXTS:
                for limits in (("+-*/", None), ("+-*", 99), ("+", 20)):
                    yield problem.gold, text.format(body), *limits


def test_both_right_subjects_agree_on_what_is_correct_and_not_on_the_rest():
    mine, theirs = named(SUBJECT), named(OWN)
    assert theirs is verify_countdown
    differ = 0
    for case in cases():
        a, b = mine(*case), theirs(*case)
        assert (a is Verdict.CORRECT) == (b is Verdict.CORRECT), case
        differ += a is not b
    assert differ > 0


def test_no_two_broken_subjects_are_broken_alike():
    """Each has at least one case, of the solution's or of random ones, on which it stands alone."""
    seen = {}
    right = named(SUBJECT)
    asked = [*cases(),
             ({"numbers": [4, 2], "target": 10}, "<answer> 4 + 4 + 2 </answer>"),
             ({"numbers": [5, 3, 9], "target": 8}, "<answer> 5 + 3 </answer>"),
             ({"numbers": [15, 2], "target": 8}, "<answer> 15 / 2 </answer>"),
             ({"numbers": [4, 30, 99], "target": 21}, "<answer> 4 * 30 - 99 </answer>", "+-*", 99),
             ({"numbers": [4, 2], "target": 6}, "<think> <answer> 4 + 2 </answer> </think>"),
             ({"numbers": [4, 2], "target": 6}, "<answer> 1 </answer> <answer> 4+2 </answer>"),
             ({"numbers": [4, 2], "target": 6}, "<answer> 2 + 4 </answer>")]  # fmt: skip
    for name, edit in BROKEN.items():
        broken = named(edit.apply(SUBJECT))
        wrong = set()
        for number, case in enumerate(asked):
            try:
                if broken(*case) is not right(*case):
                    wrong.add(number)
            except AttributeError:
                assert name == "raises"
                wrong.add(number)
        assert wrong, name
        seen[name] = frozenset(wrong)
    assert len(set(seen.values())) == len(BROKEN)


def test_a_child_that_told_nothing_has_no_verdict():
    assert verdict("right", None) is Status.CRASHED
    assert verdict("broken", {}) is Status.CRASHED
    assert verdict("broken", {"error": {"type": "MemoryError"}}) is Status.CRASHED
