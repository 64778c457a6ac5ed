"""The lesson on evaluation: coverage, bias, votes and looks against brute force."""

import numpy as np
import pytest

from minir1.lab.intervals import (
    best_of,
    coverage,
    coverage_chart,
    needed,
    one_count,
    paired_chart,
    sign_floor,
    wald,
    width_chart,
)
from minir1.lab.passes import bias_chart, by_problem, pass_curves, spread_chart, votes
from minir1.run import stats


def test_coverage_is_what_simulation_finds():
    share, n = 0.1, 30
    counts = np.random.default_rng(0).binomial(n, share, size=4000)
    exact = coverage(n, np.array([share]))
    intervals = {int(k): stats.wilson(int(k), n) for k in set(counts.tolist())}
    wilson = np.mean([intervals[k].low <= share <= intervals[k].high for k in counts.tolist()])
    textbook = np.mean([wald(k, n)[0] <= share <= wald(k, n)[1] for k in counts.tolist()])
    assert exact["Wilson"][0] == pytest.approx(wilson, abs=0.02)
    assert exact["textbook"][0] == pytest.approx(textbook, abs=0.02)
    assert exact["textbook"][0] < 0.9
    assert "textbook" in coverage_chart(10).words


def test_pictures_say_what_they_show():
    assert one_count(15, 30).words.startswith("15 of 30: 0.500 [0.332, 0.668]")
    assert one_count(50, 30).words.startswith("30 of 30")
    assert width_chart().png()
    assert "9,800 problems" in needed().words  # 2 * .25 * (2.8 / .02)^2
    assert "5 seeds p is at least 0.062" in sign_floor().words


def test_only_one_estimate_of_pass_at_k_is_unbiased():
    truth, honest, plugged = (
        line.get_ydata() for line in bias_chart(0.1, 8).figure.axes[0].get_lines()
    )
    assert honest == pytest.approx(truth, abs=1e-9)
    assert (np.array(plugged)[1:] < truth[1:] - 1e-4).all()


def test_the_best_of_many_looks_is_too_high_by_what_chance_gives():
    values = best_of(5, 50, 0.5).figure.axes[0].get_lines()[0].get_ydata()
    drawn = np.random.default_rng(1).binomial(50, 0.5, size=(20_000, 5)).max(1).mean() / 50
    assert values[0] == pytest.approx(0.5, abs=0.005)
    assert values[-1] == pytest.approx(drawn, abs=0.005)


def test_pairing_takes_the_luck_of_the_problems_out():
    luck = np.random.default_rng(0).random(60)
    words = paired_chart(luck.tolist(), (luck + 0.1).tolist()).words
    assert "Difference +10.0 points" in words and "paired 0.0" in words


def test_samples_of_like_problems_are_worth_little_more_than_one():
    always = spread_chart([[1.0] * 8] * 5 + [[0.0] * 8] * 5).words
    assert always == "80 samples say as much about the mean as 10 problems with one sample each"
    chance = (np.random.default_rng(0).random((400, 8)) < 0.5).astype(float).tolist()
    worth = int(spread_chart(chance).words.split(" as much about the mean as ")[1].split()[0])
    assert worth == pytest.approx(3200, rel=0.15)  # equally hard: each sample counts


ROWS = [
    {"answer": answer, "verdict": verdict}
    for answer, verdict in (
        ("2 + 3", "CORRECT"), ("3 + 2", "CORRECT"), ("7", "WRONG"), ("7", "WRONG"),
        ("1 + 4", "CORRECT"), (None, "NO_ANSWER"), (None, "NO_ANSWER"), ("9 ** 9", "MALFORMED"),
    )
]  # fmt: skip


def test_a_vote_by_value_joins_spellings():
    five = [*ROWS[:2], ROWS[4], *ROWS[2:4]]
    found = {name: one.value for name, one in votes(five + five, 5).items()}
    assert list(found.values()) == [pytest.approx(0.6), 0.0, 1.0, 1.0]
    assert by_problem(ROWS, 4) == [[1, 1, 0, 0], [1, 0, 0, 0]]
    lone = {name: one.value for name, one in votes(ROWS, 4).items()}
    # By spelling, "1 + 4" shares its vote with what is no expression. By value, two and two tie.
    assert list(lone.values()) == [pytest.approx(3 / 8), 0.25, 0.75, 1.0]


def test_pass_curves_end_at_the_share_of_problems_ever_solved():
    words = pass_curves({"a": [[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [0.0, 0.0]]}).words
    assert words == "a: pass@1 38%, pass@2 50%"
