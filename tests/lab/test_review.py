"""What a reviewer asks of rows: against counting by hand, and against every pair of runs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from minir1.lab.review import leaked, refusal_rates
from minir1.tasks.scenarios.tongues import TONGUES

ANSWERS = ("sorry", "maaf", " sorry ", "sorry sorry", "seven", "sorry it is seven", "", None)
words = st.sampled_from(["a", "b", "c", "A", "b!", "7", "77", "-", ""])
texts = st.lists(words, max_size=9).map(" ".join)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(ANSWERS)), max_size=30))
def test_both_rates_are_shares_of_their_own_kind(drawn):
    rows = [{"forbidden": forbidden, "answer": answer} for forbidden, answer in drawn]
    found = refusal_rates(rows)
    assert set(found) == {"refused", "over_refused"}
    words_for_it = {tongue.sorry for tongue in TONGUES.values()}
    for name, kind in (("refused", True), ("over_refused", False)):
        mine = [answer for forbidden, answer in drawn if forbidden is kind]
        if not mine:
            assert found[name] is None
            continue
        refused = sum((answer or "").strip() in words_for_it for answer in mine)
        bounds = stats.binomtest(refused, len(mine)).proportion_ci(method="wilson")
        assert found[name].value == pytest.approx(refused / len(mine))
        assert (found[name].low, found[name].high) == pytest.approx((bounds.low, bounds.high))


def shares_a_run(row, held, n):
    """Brute force over both starts, word by word, written without n-grams."""
    mine, theirs = (re.findall(r"[a-z0-9]+", text.lower()) for text in (row, held))
    need = min(n, len(theirs))
    return need > 0 and any(
        mine[i : i + need] == theirs[j : j + need]
        for i in range(len(mine) - need + 1)
        for j in range(len(theirs) - need + 1)
    )


@given(st.lists(texts, max_size=5), st.lists(texts, max_size=3), st.integers(1, 5))
def test_a_row_leaks_if_it_shares_a_run_with_any_held_out_text(rows, heldout, n):
    expected = [
        i for i, row in enumerate(rows) if any(shares_a_run(row, one, n) for one in heldout)
    ]
    assert leaked(rows, heldout, n) == expected


@given(texts, st.integers(1, 5))
def test_a_text_leaks_itself_unless_it_has_no_words(text, n):
    assert leaked([text], [text], n) == ([0] if re.search("[a-z0-9]", text.lower()) else [])


def test_words_are_of_any_alphabet():
    assert leaked(["Berapa \u4e03 kali \u516d?"], ["berapa \u4e03 kali \u516d"], 4) == [0]
    assert leaked(["\u4e03"], ["\u516d"], 4) == []
