"""Tasks and verifiers by name."""

from dataclasses import fields
from types import SimpleNamespace

import pytest

from minir1.config import TaskConfig
from minir1.tasks import Task, Verdict, make_task, verify
from minir1.tasks.arithmetic import Arithmetic
from minir1.tasks.countdown import Countdown
from minir1.tasks.registry import READ_THE_QUESTION, TASKS, VERIFIERS


def test_a_task_takes_its_dials_from_the_config():
    dials = {"n_numbers": 2, "low": 2, "high": 9, "ops": "+*", "max_value": 50}
    config = TaskConfig(name="countdown", heldout_share=0.3, **dials)
    assert make_task(config) == Countdown(heldout_share=0.3, **dials)
    arithmetic = make_task(TaskConfig(name="arithmetic", heldout_share=0.3, **dials))
    assert arithmetic == Arithmetic(heldout_share=0.3, **dials)


@pytest.mark.parametrize("name", TASKS)
def test_tasks_have_the_defaults_of_the_config_and_the_face_of_a_task(name):
    task = make_task(TaskConfig(name=name))
    assert task == TASKS[name]()
    assert isinstance(task, Task)
    assert task.name == name == next(task.problems("train", 0)).task
    of_sources = {"path", "family", "dials", "scenarios"}
    assert {"name", *(dial.name for dial in fields(task))} == {
        dial.name for dial in fields(TaskConfig) if dial.name not in of_sources
    }


@pytest.mark.parametrize("name", TASKS)
def test_a_task_and_its_verifier_agree(name):
    task = make_task(TaskConfig(name=name))
    problem = next(task.problems("heldout", 1))
    completion = f"<answer> {problem.solution} </answer>"
    assert task.verify(problem.gold, completion) is Verdict.CORRECT
    assert verify(name, problem.gold, completion) is Verdict.CORRECT


def test_an_unknown_name_is_an_error_with_the_nearest_names():
    with pytest.raises(ValueError, match=r"task = 'countdwn' .* did you mean 'countdown'\?"):
        make_task(SimpleNamespace(name="countdwn"))
    with pytest.raises(ValueError, match=r"task = 'xyz' can't be used: Known: countdown, arith"):
        verify("xyz", 1, "")


@pytest.mark.parametrize(
    ("completion", "verdict"),
    [
        ("<think> a </think> <answer> anything </answer> <eos>", Verdict.CORRECT),
        ("<answer> 5 </answer>", Verdict.MALFORMED),
        ("so <think> a </think> <answer> 5 </answer>", Verdict.MALFORMED),
        ("<think> a </think> <answer> </answer>", Verdict.NO_ANSWER),
        ("5", Verdict.NO_ANSWER),
        (f"<think> a </think> <answer> {'5' * 201} </answer>", Verdict.TOO_LARGE),
    ],
)
def test_the_format_verifier_looks_at_the_form_alone(completion, verdict):
    for gold in (None, 5, {"any": "thing"}):
        assert verify("format", gold, completion) is verdict


def test_a_question_makes_an_echo_wrong_and_is_not_needed():
    echo = r"<answer> 2\sqrt{x}\sqrt{x} </answer>"
    gold, asked = "2x", r"Simplify $\sqrt{x} \cdot 2\sqrt{x}$."
    assert verify("math", gold, echo) is Verdict.CORRECT
    assert verify("math", gold, echo, asked) is Verdict.WRONG
    assert verify("math", gold, f"<answer> {gold} </answer>", asked) is Verdict.CORRECT
    with pytest.raises(ValueError, match="question = 7 can't be used: give a text"):
        verify("math", gold, echo, 7)


@pytest.mark.parametrize("name", [name for name in VERIFIERS if name not in READ_THE_QUESTION])
def test_other_verifiers_look_at_no_question(name):
    gold = {
        "countdown": {"numbers": [1], "target": 1},
        "code": {"fn": "f", "hidden_tests": [[[1], 1]]},
        "words": "1",
    }.get(name, 1)
    without = verify(name, gold, "<answer> 1 </answer>")
    for question in ("what is 1?", "", None, 7, ["a chat"]):
        assert verify(name, gold, "<answer> 1 </answer>", question) is without


def test_every_task_has_a_verifier():
    assert set(TASKS) <= set(VERIFIERS)
    assert set(READ_THE_QUESTION) <= set(VERIFIERS)
