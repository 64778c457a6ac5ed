"""Sloppy verifiers and what grows under them."""

import json
from itertools import islice

import numpy as np
import pytest

from minir1.lab import holes
from minir1.tasks.countdown import Countdown

GOLDS = [one.gold for one in islice(Countdown().problems("train", 5), 8)]


def test_the_strict_verifier_pays_for_right_answers_only_and_each_other_for_a_hole():
    assert holes.rewards("strict", GOLDS).tolist() == [1, 0, 0, 0, 0, 0]
    for name in holes.SLOPPY:
        paid = holes.rewards(name, GOLDS)
        assert paid[2:].max() > 0.5, name
    words = holes.acceptance_map(GOLDS).words
    assert "value_only pays for names the target" in words and "strict pays" not in words


def test_growth_follows_the_exact_gradient():
    paid, start, rate = np.array([1.0, 0.0, 0.5]), np.array([0.2, 0.5, 0.3]), 1e-4
    after = holes.grown(paid, start, 1, rate)[1]
    jacobian = np.diag(start) - np.outer(start, start)
    expected = start + rate * jacobian @ (jacobian @ paid)
    assert after == pytest.approx(expected, rel=1e-6)
    assert after.sum() == pytest.approx(1.0) and after @ paid > start @ paid


def test_a_hole_takes_over_and_no_hole_leaves_honest_tries():
    assert "answers are: names the target" in holes.growth_chart("value_only", GOLDS).words
    assert "answers are: honest tries" in holes.growth_chart("strict", GOLDS).words


def test_numbers_in_words_are_those_of_closed_forms():
    assert "29% of what is rewarded" in holes.purity_chart().words
    assert "fewer than 20%" in holes.bonus_chart(0.5).words
    text = holes.answers(GOLDS[0])
    paid = holes.paid_chart([(GOLDS[0], text["honest, right"]), (GOLDS[0], "nothing")]).words
    assert "strict 50.0%" in paid
    assert "more than one answer" in holes.part_strip(text["many answers"], "x").words


def test_the_first_row_of_a_grader_counts(tmp_path):
    rows = [{"grader": g, "task": "math", "set": "third", "n": n} for n, g in enumerate("aab")]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    assert {g: r["n"] for g, r in holes.first_rows(path, "math", "third").items()} == {
        "a": 0,
        "b": 2,
    }
