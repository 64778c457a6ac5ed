"""Ctrl-C while an answer is graded: the next answer does not get the reply of this one."""

import pytest

from minir1.lab.course import solution_of
from minir1.lab.exercises import get
from minir1.lab.grader.answer import judge
from minir1.lab.grader.grade import grade
from minir1.lab.grader.worker import Worker

NAME = "group_advantages"
WRONG = "def group_advantages(rewards, kind='grpo'):\n    return rewards * 0 + 7\n"


def test_a_check_that_was_interrupted_leaves_no_reply_behind(monkeypatch):
    worker, exercise = Worker(), get(NAME)
    right = judge(solution_of(exercise), NAME)
    try:
        assert grade(exercise, right, worker).points == 5
        with monkeypatch.context() as patch:
            patch.setattr(worker, "_frame", lambda end: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                grade(exercise, judge(WRONG, NAME), worker)
        assert grade(exercise, right, worker).points == 5
    finally:
        worker.close()
