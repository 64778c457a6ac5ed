"""Kinds of sums with signs: the family's questions, their forms, and the parity behind the rule."""

import json
from collections import Counter

import pytest

from minir1 import recipes
from minir1.bench.smollm_kinds import APART, ASKED, PLAIN, SECOND, asks, form, lines, questions
from minir1.bench.smollm_signs import RECIPE, adds_sizes, one_way, terms
from minir1.tasks import make_task
from minir1.tasks.splits import split_of


def test_the_questions_are_those_of_the_family() -> None:
    pytest.importorskip("reasoning_gym")
    stream = make_task(recipes.get(RECIPE).task).problems("heldout", 1)
    drawn = {problem.question for _, problem in zip(range(3000), stream, strict=False)}
    held = {question for question in questions() if split_of(question, 0.5) == "heldout"}
    assert len(set(questions())) == 722 and drawn <= held and len(drawn) > 0.9 * len(held)


def test_sizes_are_added_where_minus_signs_are_even_in_number() -> None:
    for question in questions():
        if 0 not in terms(question):
            assert one_way(question) == (form(question).count("-") % 2 == 0)


def test_every_form_is_asked_as_often_and_is_to_be_told_from_another() -> None:
    counts = Counter(map(form, questions()))
    zeros = counts.pop("")
    assert set(counts.values()) == {81} and zeros + 81 * len(counts) == 722
    named = [name for pair in APART.values() for forms in pair for name in forms]
    assert sorted(named) == sorted(counts)
    for adds, other in APART.values():
        for question in questions():
            said = f"<answer>{sum(terms(question))}</answer>"
            right = {"question": question, "gold": "", "completion": said}
            if form(question) in (*adds, *other):
                assert adds_sizes(right) == (form(question) in adds)


@pytest.mark.parametrize(("kind", "size"), [(PLAIN, 2 * 10 * 10), (SECOND, 2 * 10 * 19)])
def test_a_kind_has_only_the_negative_numbers_that_it_names(kind: str, size: int) -> None:
    asked = [json.loads(line)["question"] for line in lines(kind)]
    assert len(set(asked)) == len(asked) == size
    forms = {form(question) for question in asked} - {""}
    plain = {"a + b", "a - b"}
    assert forms == (plain if kind == PLAIN else plain | {"a + -b", "a - -b"})
    assert not asks(PLAIN, ASKED.format("-3 + 2"))
