"""Tasks by name."""

from dataclasses import fields
from types import SimpleNamespace

import pytest

from minir1.config import TaskConfig
from minir1.tasks import Task, Verdict, make_task, verify
from minir1.tasks.arithmetic import Arithmetic
from minir1.tasks.countdown import Countdown
from minir1.tasks.registry import TASKS
from minir1.tasks.verifiers import READ_THE_QUESTION, VERIFIERS


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
    of_sources = {"path", "family", "dials", "scenarios", "file", "digest"}
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


def test_every_task_has_a_verifier():
    assert set(TASKS) <= set(VERIFIERS)
    assert set(READ_THE_QUESTION) <= set(VERIFIERS)
