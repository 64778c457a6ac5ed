"""n-grams: equal to a search by hand, deaf to case and commas, and blind to a shared form."""

import re

from hypothesis import given
from hypothesis import strategies as st

from minir1.text.ngrams import SHORTEST, HeldOut, grams

WORDS = st.lists(st.sampled_from(list("abcd")), max_size=24).map(" ".join)


def by_hand(held: str, text: str, n: int) -> bool:
    """A window of the held-out text stands in the text, between blanks."""
    words = held.split()
    size = min(n, len(words))
    if size < SHORTEST:
        return False
    windows = (" ".join(words[i : i + size]) for i in range(len(words) - size + 1))
    return any(f" {window} " in f" {text} " for window in windows)


@given(WORDS, WORDS, st.integers(3, 14))
def test_equal_to_a_search_by_hand(held, text, n):
    assert bool(HeldOut([held], n).in_text(text)) == by_hand(held, text, n)


def test_case_and_punctuation_do_not_hide_a_text():
    held = "Natalia sold clips to 48 of her friends in April, and then she sold half as many."
    noisy = re.sub(" ", " - ", held.upper())
    assert HeldOut([held]).in_text(f"before {noisy} after") == [held]
    cut = " ".join(held.split()[1:14])
    assert HeldOut([held]).in_text(cut) == [held]
    assert HeldOut([held]).in_text(" ".join(held.split()[1:13])) == []


def test_a_form_that_all_share_is_no_leak():
    form = "Calculate the value of the following sum and give nothing but the number as answer"
    held = [f"{form}: {i} + {i * i + 1} + {i + 7}" for i in range(40)]
    found = HeldOut(held)
    assert found.in_text(f"{form}: 1000 + 2000 + 3000") == []
    assert found.in_text(held[7]) == [held[7]]


def test_the_same_text_twice_is_one_text():
    text = "one two three four five"
    assert HeldOut([text] * 50).in_text(text) == [text]


def test_grams_of_a_short_text():
    assert list(grams("a b", 3)) == []
