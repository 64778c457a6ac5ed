"""The picture of test-time compute: what is drawn is what was measured."""

import pytest

from minir1.bench.plots import write
from minir1.bench.think import HEAD, cells, label, measured, think_table
from minir1.lab.thinking import beside, chart, reading
from minir1.stages.asked import ON, STOP
from minir1.stages.think import ACCURACY, ONE, READER, TASTE, VERIFIER, VOTE


def point(way, n, tokens, value, what=ACCURACY, gain=None):
    interval = {"value": value, "low": value - 0.1, "high": value + 0.05}
    return {
        "what": what, "way": way, "n": n, "tokens": tokens, "dollars": 1e-6 * tokens,
        "worth": interval, "gain": gain, "over_vote": None,
    }  # fmt: skip


RESULT = {
    "stage": "zero",
    "points": [
        point(ONE, 1, 100.0, 0.5),
        point(VOTE, 4, 400.0, 0.6),
        point(VOTE, 2, 200.0, 0.5),
        point(STOP, 0.25, 50.0, 0.2),
        point(ON, 1, 180.0, 0.4),
    ],
}


def test_points_intervals_and_labelled_axes(tmp_path):
    picture = chart(RESULT)
    (axes,) = picture.figure.axes
    assert axes.get_xscale() == "log" and axes.get_xlabel() == "tokens a question"
    drawn = {bar.get_label(): bar for bar in axes.containers}
    assert set(drawn) == {ONE, VOTE, STOP, ON}
    line, _, (bars,) = drawn[VOTE].lines
    assert line.get_xydata().tolist() == [[200.0, 0.5], [400.0, 0.6]]
    (low, high) = bars.get_segments()[1]
    assert (low[1], high[1]) == pytest.approx((0.5, 0.65))
    assert "majority vote: 0.50 for 200 tokens, 0.60 for 400 tokens" in picture.words
    svg, png = write(picture.figure, tmp_path / "zero")
    assert png.stat().st_size > 10_000
    text = svg.read_text()
    assert (
        "prefers-color-scheme:dark" in text
        and "var(--after)" in text
        and "#1f5fd0" not in text.replace("--after:#1f5fd0", "")
    )


def test_texts_have_a_panel_of_their_own():
    texts = [point(ONE, 1, 20.0, 2.0, TASTE), point(READER, 4, 80.0, 2.5, TASTE)]
    picture = chart({"stage": "r1", "points": [*RESULT["points"], *texts]})
    assert len(picture.figure.axes) == 2
    assert picture.figure.axes[1].get_ylim()[1] > 2.5
    assert chart({"stage": "r1", "points": texts}).png()


def test_cells_are_percent_for_shares_and_plain_for_tastes():
    gain = {"value": 0.1, "low": 0.0, "high": 0.2}
    shown = cells(point(VOTE, 4, 1234.0, 0.6, gain=gain))
    assert shown == (
        "majority vote of 4",
        "1,234",
        "1.2e+03",
        "60% (50 to 65)",
        "+10 (+0 to +20)",
        "-",
    )
    assert len(shown) == len(HEAD)
    assert cells(point(READER, 2, 10.0, 2.0, TASTE))[3] == "2.00 (1.90 to 2.05)"
    assert label(point(ON, 2, 1.0, 0.5)) == "sent back 2 x"
    assert len(think_table([RESULT | {"case": "a"}])) == 2 + len(RESULT["points"])


def test_a_case_that_was_not_measured_says_how():
    with pytest.raises(ValueError, match=r"python -m minir1\.bench think nobody"):
        measured("nobody zero-000001")


def test_the_reading_follows_from_the_intervals():
    worse = {"value": -0.2, "low": -0.3, "high": -0.1}
    unsure = {"value": -0.1, "low": -0.2, "high": 0.1}
    gain = {"value": 0.1, "low": 0.05, "high": 0.15}
    result = {
        "stage": "zero",
        "points": [
            point(ONE, 1, 100.0, 0.5),
            point(VOTE, 4, 400.0, 0.6, gain=gain),
            point(VERIFIER, 4, 400.0, 0.7, gain=gain) | {"over_vote": gain},
            point(STOP, 0.25, 50.0, 0.3, gain=worse),
            point(ON, 1, 180.0, 0.3, gain=worse) | {"over_vote": worse},
            point(ON, 2, 210.0, 0.4, gain=unsure) | {"over_vote": unsure},
        ],
    }
    said = reading(result).splitlines()
    assert said[0].startswith("- majority vote of 4: +10 points [+5, +15] for 4 times the tokens; ")
    assert "- stopped at 25%: 50% fewer tokens, -20 points [-30, -10]" in said
    assert said[-2].endswith("beside a vote at this cost -20 points [-30, -10], worse")
    assert said[-1].endswith("which can't be told apart")
    assert beside(result, result).startswith("zero, one sample and votes: 50% for 100 tokens, 60%")
