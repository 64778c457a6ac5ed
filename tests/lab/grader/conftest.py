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
    """Grade a text: `graded("group_advantages", text)`; `named` looks for a classic mistake."""

    def ask(name, text, named=False, **given):
        exercise = get(name)
        wrong = wrong_solutions(exercise) if named else {}
        return grade(exercise, judge(text, name), worker, wrong=wrong, **given)

    return ask
