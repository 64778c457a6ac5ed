"""Verifiers by name."""

import pytest

from minir1.tasks import Verdict, verify
from minir1.tasks.verifiers import READ_THE_QUESTION, VERIFIERS


def test_an_unknown_name_is_an_error_with_the_nearest_names():
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
