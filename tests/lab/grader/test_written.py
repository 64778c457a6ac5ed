"""The call beside a wrong value: short, true, and never of a hidden part."""

from dataclasses import replace

import pytest
import torch

from minir1.lab.course import solution_of
from minir1.lab.exercises import get
from minir1.lab.grader.exercise import Case, Draw
from minir1.lab.grader.told import Told
from minir1.lab.grader.written import ARGUMENT, CALL, NUMBERS, written
from minir1.lab.words import LANGUAGES, Words
from minir1.tasks.search import apply

TABLE = "{'+': a + b, '-': a - b, '*': a * b, '/': a / b if b else None}[op]"


def test_the_call_shown_gives_the_value_that_was_expected(graded):
    outcome = graded("apply", f"def apply(a, op, b, max_value):\n    return {TABLE}")
    for part in outcome.parts:
        told = part.difference
        value = eval(part.call, {"apply": apply})
        assert told.expected in (repr(value), "None" if value is None else "a number")
    for language in LANGUAGES:
        assert part.call in repr(Told(outcome, get("apply"), Words(language)))


def test_a_hidden_part_shows_no_call(graded):
    exercise = get("apply")
    secret = [replace(part, hidden=True) for part in exercise.parts]
    outcome = graded("apply", "def apply(a, op, b, max_value): return 1.5", hidden=secret)
    open_ones, hidden = outcome.parts[:2], outcome.parts[2:]
    assert all(part.call for part in open_ones) and not any(part.call for part in hidden)


def test_a_missing_name_is_no_matter_of_the_input(graded):
    text = solution_of(get("split_of")).replace("import hashlib", "")
    assert "split_of(" not in repr(Told(graded("split_of", text), get("split_of"), Words("en")))


def test_a_text_in_tokens_is_shown_with_its_bytes(graded):
    """What a token is stands beside its id: without it, nobody can see why a piece is wrong."""
    alone = "yield from (tokenizer.decode([token]) for token in tokens)"
    outcome = graded("stream", f"def stream(tokenizer, tokens):\n    {alone}")
    assert [part.call[:14] for part in outcome.parts[:2]] == ["stream(Bytes(b"] * 2
    for part in get("stream").parts:
        calls = [written("stream", case) for seed in range(9) for case in part.cases(Draw(seed))]
        assert all(calls) and len(set(calls)) > 1


@pytest.mark.parametrize(
    "argument",
    [torch.zeros(NUMBERS + 1), object(), list(range(ARGUMENT))],
)
def test_what_has_no_short_form_is_left_out(argument):
    assert written("f", Case((argument,))) == written("f", Case((1,), {"x": argument})) == ""


def test_long_texts_are_cut_and_long_calls_left_out():
    call = written("f", Case(("a" * 5000, torch.tensor([0.5, 1.0]))))
    assert (
        call.startswith("f('aaa") and "...'" in call and call.endswith("tensor([0.5000, 1.0000]))")
    )
    assert written("f", Case(("a" * 100, "b" * 100, "c" * 100))) == ""
    assert len(call) <= CALL


def test_signs_of_markup_reach_the_reader(graded):
    outcome = graded("apply", "def apply(a, op, b, max_value):\n    return '<b> * _x_'")
    shown = Told(outcome, get("apply"), Words("en"))._repr_markdown_()
    assert "<b>" not in shown and "&lt;b> &#42; &#95;x&#95;" in shown
