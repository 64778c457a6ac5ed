"""The lines of the charts, and the split of the gain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minir1.run.report.curves import smooth, window_for
from minir1.run.report.patience import split, verdict

VALUES = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=40).map(np.array)


@given(VALUES)
def test_the_line_is_the_mean_of_its_neighbours(values):
    window = window_for(len(values))
    assert window % 2 == 1 and window <= max(1, len(values))
    half = window // 2
    expected = [values[max(0, i - half) : i + half + 1].mean() for i in range(len(values))]
    assert smooth(values, window) == pytest.approx(expected, abs=1e-6)


@given(*[st.floats(0, 1)] * 4)
def test_base_patience_and_insight_add_up(before, after, blind_before, blind_after):
    parts = split(
        {"accuracy": before, "blind_at_same_tries": blind_before},
        {"accuracy": after, "blind_at_same_tries": blind_after},
    )
    assert parts.before + parts.patience + parts.insight == pytest.approx(after, abs=1e-9)
    surplus = (after - blind_after) - (before - blind_before)
    assert parts.insight == pytest.approx(surplus, abs=1e-9)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.01, 0.1, "5.0 points above blind search, which solves 40.0% with 4.2 tries: it aims"),
        (-0.1, -0.01, "below blind search"),
        (-0.01, 0.1, "can't be told apart"),
    ],
)
def test_the_verdict_says_what_the_interval_allows(low, high, said):
    value = (low + high) / 2 if low * high < 0 else 0.05 if low > 0 else -0.05
    surplus = {"value": value, "low": low, "high": high}
    assert said in verdict({"surplus": surplus, "blind_at_same_tries": 0.4, "tries": 4.2})


def test_a_policy_without_tries_is_not_compared():
    assert "nothing to compare" in verdict({"tries": 0.0})
