"""Text answers, letter by letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minir1.tasks import Verdict, verify

WORD = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)


@given(st.lists(WORD, min_size=1, max_size=5), st.lists(WORD, min_size=1, max_size=5))
def test_only_the_same_words_are_right(gold, other):
    text = f"<answer>  {'  '.join(gold)} </answer>"
    assert verify("words", " ".join(gold), text) is Verdict.CORRECT
    expected = Verdict.CORRECT if gold == other else Verdict.WRONG
    assert verify("words", "\n".join(other), text) is expected


@pytest.mark.parametrize("wrong", ["Olleh", "oll eh", "olleh.", "it is olleh", "olle", "\\olleh"])
def test_no_kindness(wrong):
    assert verify("words", "olleh", f"<answer> {wrong} </answer>") is Verdict.WRONG


def test_structure_and_golds():
    assert verify("words", "a", "a") is Verdict.NO_ANSWER
    assert verify("words", "a", f"<answer> {'a' * 3000} </answer>") is Verdict.TOO_LARGE
    for gold in ("", " ", None, 5, "a" * 3000):
        with pytest.raises(ValueError, match="gold = "):
            verify("words", gold, "<answer> a </answer>")
