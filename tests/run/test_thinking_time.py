"""The curves over a pool: what they cost, what they are worth, and beside what."""

from math import comb

import pytest

from minir1.run.thinking_time import (
    Point,
    at_tokens,
    by_score,
    by_verifier,
    by_vote,
    curve,
    mean_tokens,
)


def question(answers: str, right: str = "a") -> list[dict]:
    return [
        {"answer": one, "verdict": "CORRECT" if one == right else "WRONG", "tokens": 10 + i}
        for i, one in enumerate(answers)
    ]


def test_a_vote_of_three_of_five_by_counting():
    """Three right samples of five: two or more of a draw of three are right in 7 cases of 10."""
    pool = [question("aaabb")] * 2
    one, three, five = curve("vote", pool, (1, 3, 5), by_vote, seconds=2.0)
    expected = (comb(3, 3) + comb(3, 2) * comb(2, 1)) / comb(5, 3)
    assert [one.values[0], three.values[0], five.values[0]] == pytest.approx([0.6, expected, 1.0])
    assert [point.tokens for point in (one, three, five)] == [12.0, 36.0, 60.0]
    assert [point.seconds for point in (one, three, five)] == [2.0, 6.0, 10.0]


def test_the_most_frequent_wrong_answer_wins_too():
    (point,) = curve("vote", [question("abbb"), question("aaab")], (4,), by_vote)
    assert point.values == [0.0, 1.0]


def test_what_answers_say_counts_and_not_how_they_are_spelt():
    rows = question("pqbb", "p")
    rows[1]["verdict"] = "CORRECT"
    assert by_vote(rows, 4) == 0.0  # two of b beat one p and one q
    said = [row | {"says": "15" if row["answer"] in "pq" else row["answer"]} for row in rows]
    assert by_vote(said, 4) == 0.5  # a tie of two and two
    assert by_vote([row | {"says": None} for row in rows], 4) == 0.0


def test_a_verifier_picks_a_right_one_and_a_score_the_highest():
    rows = [row | {"s": -i, "t": float(i)} for i, row in enumerate(question("bab"))]
    assert by_verifier(rows, 2) == pytest.approx(2 / 3)
    assert by_score("s", "t")(rows, 3) == 0.0  # upside down: it likes the worst
    assert by_score("t", "t")(rows, 3) == 2.0


def test_a_gain_is_paired_by_question():
    easy_and_hard = Point(way="", n=1, tokens=1.0, values=[0.9, 0.1] * 20)
    better = Point(way="", n=2, tokens=2.0, values=[1.0, 0.2] * 20)
    gain = better.gain(easy_and_hard.values)
    assert gain.value == pytest.approx(0.1) and gain.high - gain.low < 1e-9
    assert better.interval.high - better.interval.low > 0.2


def test_at_equal_tokens_nothing_is_guessed():
    points = [Point(way="", n=n, tokens=8.0 * n, values=[0.1 * n, 0.5]) for n in (4, 1)]
    assert at_tokens(points, 16.0) == pytest.approx([0.25, 0.5])
    assert at_tokens(points, 8.0) == pytest.approx([0.1, 0.5])
    assert at_tokens(points, 7.9) is None and at_tokens(points, 33.0) is None


def test_questions_weigh_alike():
    assert mean_tokens([[{"tokens": 1}], [{"tokens": 3}, {"tokens": 5}]]) == 2.5


def test_more_than_there_are_can_t_be_drawn():
    with pytest.raises(ValueError, match=r"n = 5 can't be used: use 1 to 4"):
        curve("vote", [question("abbb")] * 2, (1, 5), by_vote)
