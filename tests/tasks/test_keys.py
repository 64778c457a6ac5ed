"""The key in a question: for every toy, the one that its generator gave it."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minir1.tasks.arithmetic import Arithmetic
from minir1.tasks.countdown import Countdown
from minir1.tasks.keys import keys_in, readings, sides
from minir1.tasks.scenarios import Bilingual, Manners, Refusal, Stack
from minir1.tasks.scenarios.tongues import TONGUES, say_number

TOYS = (Countdown(), Countdown(n_numbers=4), Arithmetic(), Bilingual(), Manners(), Refusal())


@pytest.mark.parametrize("task", [*TOYS, Stack(), Stack(short_share=0.7)], ids=lambda t: t.name)
@pytest.mark.parametrize("split", ["train", "heldout"])
def test_the_generator_s_key_is_among_those_that_are_read(task, split):
    for problem in islice(task.problems(split, 11), 60):
        assert problem.key in keys_in(problem.question)
        assert split in sides(problem.question, 0.2)


@pytest.mark.parametrize("task", TOYS, ids=lambda t: t.name)
def test_a_question_of_one_reading_is_on_one_side(task):
    for problem in islice(task.problems("heldout", 3), 60):
        assert sides(problem.question, 0.2) == {"heldout"}


@given(st.lists(st.integers(0, 99), max_size=4), st.sampled_from(sorted(TONGUES)))
def test_numbers_that_are_said_can_be_read(numbers, name):
    tongue = TONGUES[name]
    said = " ".join(say_number(number, tongue) for number in numbers).split()
    found = list(readings(said, tongue))
    assert tuple(numbers) in found and len(set(found)) == len(found)


@given(st.text())
def test_any_text_can_be_asked(text):
    assert isinstance(keys_in(text), frozenset)


NO_QUESTIONS = ("", "make", "form using", "program", "tell about", "make x from y")


@pytest.mark.parametrize("text", NO_QUESTIONS)
def test_what_is_no_question_has_no_key(text):
    assert not keys_in(text)
