"""The lines of the charts, and the split of the gain."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg

from minir1.run.report.curves import smooth, window_for
from minir1.run.report.patience import path_figure, split, verdict
from minir1.run.report.reading import read_run

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
    found = {"accuracy": 0.4, "surplus": surplus, "blind_at_same_tries": 0.4, "tries": 4.2}
    assert said in verdict(found)


def test_a_policy_without_tries_is_not_compared():
    assert "nothing to compare" in verdict({"tries": 0.0})


def test_a_policy_that_solves_nothing_has_no_patience():
    surplus = {"value": -0.13, "low": -0.2, "high": -0.08}
    found = {"accuracy": 0.0, "surplus": surplus, "blind_at_same_tries": 0.13, "tries": 1.0}
    said = "The policy solves nothing yet; with as many tries, blind search solves 13.0%."
    assert verdict(found) == said


ENDS = [
    ((1.18, 0.0), (1.03, 0.0)),
    ((1.03, 0.0), (1.18, 0.0)),
    ((2.0, 0.5), (2.0, 0.5)),
    ((2.0, 0.5), (2.2, 0.52)),
    ((2.0, 0.1), (7.0, 0.6)),
]


@pytest.mark.parametrize("ends", ENDS)
def test_the_two_ends_of_the_path_have_names_that_can_be_read(whole_run, ends):
    run = read_run(whole_run)
    names = [name for name in run.evaluations if not name.startswith("step-")]
    kept = {name: run.evaluations[name] for name in names}
    for name, (tries, right) in zip(("base", "final"), ends, strict=True):
        measured = {"value": right, "low": right, "high": right}
        insight = kept[name]["insight"] | {"tries": tries, "accuracy": right}
        kept[name] = kept[name] | {"pass@1": measured, "insight": insight}
    figure, _ = path_figure(replace(run, evaluations=kept))
    FigureCanvasAgg(figure).draw()
    (axes,) = figure.axes
    texts = [*axes.texts, axes.xaxis.label, *axes.get_xticklabels()]
    boxes = [text.get_window_extent() for text in texts if text.get_text()]
    assert not [(a, b) for a, b in combinations(boxes, 2) if a.overlaps(b)]
