"""Intervals by their closed form, and verdicts that need six seeds and the whole interval."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from minir1.bench.claims.claim import FAILS, HOLDS, MISSING, UNSURE, Claim, judged, simultaneous

some = st.lists(st.floats(-1, 1), min_size=3, max_size=8)


def claim(low=-math.inf, high=math.inf):
    read = {"key": "k", "says": "s", "control": "c", "arms": ("a", "b")}
    return Claim(**read, read=lambda arms: arms["a"]["x"] - arms["b"]["x"], low=low, high=high)


def rows(differences, skip=()):
    found = []
    for seed, value in enumerate(differences):
        for arm, x in (("a", 1.0 + value), ("b", 1.0)):
            if (arm, seed) not in skip:
                found.append({"arm": arm, "seed": seed, "measured": {"x": x}})
    return found


@given(some, st.integers(1, 50))
def test_the_interval_is_students_with_a_share_of_the_error_for_each_claim(values, claims):
    found = simultaneous(values, claims)
    n = len(values)
    spread = statistics.stdev(values) / math.sqrt(n)
    tail = stats.t.sf((found.high - found.value) / spread, n - 1) if spread > 1e-9 else None
    assert found.value == pytest.approx(statistics.fmean(values), abs=1e-9)
    if tail is not None:
        assert 2 * tail == pytest.approx(0.05 / claims, rel=1e-3)


@pytest.mark.parametrize(
    ("differences", "low", "expected"),
    [
        ([0.2, 0.21, 0.22, 0.2, 0.21, 0.2], 0.1, HOLDS),
        ([0.2, 0.21, 0.22, 0.2, 0.21, 0.2], 0.4, FAILS),
        ([0.2, 0.21, 0.22, 0.2, 0.21, 0.2], 0.21, UNSURE),
        ([0.2, 0.21, 0.22, 0.2, 0.21], 0.1, UNSURE),  # five seeds are not enough
        ([], 0.1, MISSING),
        ([0.0] * 6, 0.0, UNSURE),  # both sides are at their best: nothing could have shown
        ([0.0] * 6, 0.05, FAILS),
    ],
)
def test_verdicts_by_hand(differences, low, expected):
    assert judged(claim(low=low), rows(differences), 1)["verdict"] == expected


def test_an_upper_end_is_judged_as_a_lower_one_is():
    differences = [0.2, 0.21, 0.22, 0.2, 0.21, 0.2]
    for high, expected in ((0.3, HOLDS), (0.1, FAILS), (0.205, UNSURE)):
        assert judged(claim(high=high), rows(differences), 1)["verdict"] == expected


def test_more_claims_make_a_verdict_harder():
    differences = [0.1, 0.2, 0.15, 0.25, 0.12, 0.22]
    assert judged(claim(low=0.05), rows(differences), 1)["verdict"] == HOLDS
    assert judged(claim(low=0.05), rows(differences), 500)["verdict"] == UNSURE


def test_a_seed_counts_only_with_all_its_arms():
    line = judged(claim(), rows([0.1] * 7, skip={("b", 2)}), 1)
    assert line["seeds"] == [0, 1, 3, 4, 5, 6]
    assert line["interval"]["value"] == pytest.approx(0.1)
