"""Majority vote and best of n against closed forms."""

from math import comb

import pytest

from minir1.run.thinking_time import best_of_curve, vote_curve


def problem(answers: str, right: str = "a") -> list[dict]:
    return [
        {"answer": one, "verdict": "CORRECT" if one == right else "WRONG", "tokens": 10 + i}
        for i, one in enumerate(answers)
    ]


def test_a_vote_of_three_of_five_by_counting():
    """Three right samples of five: two or more of a draw of three are right in 7 cases of 10."""
    problems = [problem("aaabb")] * 60
    one, three, five = vote_curve(problems, (1, 3, 5))
    expected = (comb(3, 3) + comb(3, 2) * comb(2, 1)) / comb(5, 3)
    assert expected == 0.7
    assert one["accuracy"]["value"] == pytest.approx(3 / 5, abs=0.03)
    assert three["accuracy"]["value"] == pytest.approx(expected, abs=0.03)
    assert five["accuracy"]["value"] == 1.0
    assert [point["tokens"] for point in (one, three, five)] == [12.0, 36.0, 60.0]


def test_the_most_frequent_wrong_answer_wins_too():
    points = vote_curve([problem("abbb"), problem("abbb")], (4,))
    assert points[0]["accuracy"]["value"] == 0.0


def test_samples_without_an_answer_have_no_vote():
    rows = [{"answer": None, "verdict": "NO_ANSWER", "tokens": 1}] * 3
    assert vote_curve([rows, rows], (3,))[0]["accuracy"]["value"] == 0.0


def test_the_best_of_n_by_a_score_that_is_the_rank():
    """The largest of n of the numbers 0..m-1 is n (m + 1) / (n + 1) - 1 on average."""
    rows = [{"proxy": float(i), "taste": -float(i), "tokens": 2} for i in range(9)]
    points = best_of_curve([rows] * 60, (1, 4, 9), "proxy", "taste")
    for point in points:
        n = point["n"]
        assert point["proxy"]["value"] == pytest.approx(n * 10 / (n + 1) - 1, abs=0.15)
        # A proxy that has the order upside down: the harder it is pressed, the worse the truth.
        assert point["taste"]["value"] == pytest.approx(-point["proxy"]["value"])


def test_more_than_there_are_can_t_be_drawn():
    with pytest.raises(ValueError, match=r"n = 5 can't be used: use 1 to 4"):
        vote_curve([problem("abbb")] * 2, (1, 5))
