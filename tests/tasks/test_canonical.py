"""Which answers are one vote: by task, on any text, and never against the verifier."""

from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from minir1.tasks import Problem
from minir1.tasks.canonical import FORMS, behaviour, kind_of, maths_value, value_of, vote_of
from minir1.tasks.expression import evaluate
from minir1.tasks.sources.judge import VERIFIERS as FILE_VERIFIERS
from minir1.tasks.verifiers import VERIFIERS


def asked(kind: str, **gold) -> Problem:
    return Problem(kind, "", gold, "")


def test_who_judges_is_found_in_a_mixture_and_in_a_file():
    assert kind_of(asked("stack", task="stack")) == "stack"
    assert kind_of(asked("jsonl", verifier="math")) == "math"
    assert kind_of(Problem("arithmetic", "", 5, "")) == "arithmetic"
    assert set(FILE_VERIFIERS) <= set(FORMS) and set(VERIFIERS) - set(FORMS) == {"format"}


@pytest.mark.parametrize(
    ("task", "one", "other"),
    [
        ("countdown", "( 10 + 5 ) * 1", "10 + 5"),
        ("bilingual", "1 + 2", "2 + 1"),
        ("math", r"\frac{1}{2}", "x = 0.5"),
        ("math", r"\frac{1}{\sqrt{2}}", r"\sqrt{2}/2"),
        ("math", "(x+1)^2", "x^2 + 2x + 1"),
        ("math", r"\{3, 1\}", "1, 3"),
        ("words", "a  b", "a b"),
        ("stack", "2 *", "dup +"),
        ("refusal", "sorry", "maaf"),
        ("refusal", "seven", "eight"),
    ],
)
def test_two_spellings_of_one_answer(task, one, other):
    assert vote_of(asked(task), one) == vote_of(asked(task), other) is not None


@pytest.mark.parametrize(
    ("task", "one", "other"),
    [
        ("countdown", "10 + 5", "10 + 6"),
        ("math", "(1, 2)", "[1, 2]"),
        ("math", "(2, 1)", "(1, 2)"),
        ("math", "x^2", "x^3"),
        ("words", "ab", "a b"),
        ("stack", "2 *", "3 *"),
        ("refusal", "sorry", "seven"),
    ],
)
def test_two_answers_stay_two(task, one, other):
    assert vote_of(asked(task), one) != vote_of(asked(task), other)


def test_what_can_t_be_read_has_no_vote():
    for task, text in (("countdown", "9 ** 9"), ("math", r"\boxed{1}\boxed{2}"), ("stack", "+")):
        assert vote_of(asked(task), text) is None
    assert vote_of(asked("countdown"), None) is None
    # Refused by its size, before it is computed: the next ones would take hours.
    assert vote_of(asked("math"), "2^{7000}") is None
    assert behaviour("dup *") != behaviour("when 2 give 4")


NUMBERS = st.integers(0, 99).map(str)
EXPRESSIONS = st.recursive(
    NUMBERS, lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
    max_leaves=5,
)  # fmt: skip


@example(text="((0 / 0) + 1)")
@given(text=EXPRESSIONS)
def test_the_maths_reader_and_the_countdown_reader_agree(text):
    """Two readers that share no code: the same exact value, or no vote."""
    value, said = value_of(text), maths_value(text)
    assert said == value
    if value is not None:
        assert Fraction(said) == Fraction(value)


@given(one=EXPRESSIONS, other=EXPRESSIONS)
def test_one_vote_is_one_value(one, other):
    if value_of(one) is not None and value_of(other) is not None:
        same = evaluate(one).value == evaluate(other).value
        assert (vote_of(asked("countdown"), one) == vote_of(asked("countdown"), other)) == same


@settings(max_examples=150)
@given(
    text=st.text(max_size=60) | st.text(alphabet=r"\frac{}^_()[]0123456789xi+-*/=,<> ", max_size=40)
)
def test_any_text_has_a_form_or_none(text):
    for task in FORMS:
        said = vote_of(asked(task), text)
        assert said is None or isinstance(said, str)
