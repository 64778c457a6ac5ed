"""One warm grader for all tests, and how they ask it."""

import pytest

from minir1.lab.course import wrong_solutions
from minir1.lab.exercises import get
from minir1.lab.grader.answer import judge
from minir1.lab.grader.grade import grade
from minir1.lab.grader.worker import the_worker


@pytest.fixture(scope="session")
def worker():
    return the_worker()


@pytest.fixture(scope="session")
def graded(worker):
    """Grade a text: `graded("group_advantages", text)`."""

    def ask(name, text, **given):
        exercise = get(name)
        return grade(exercise, judge(text, name), worker, wrong=wrong_solutions(exercise), **given)

    return ask
