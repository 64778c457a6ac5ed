"""The speed of the verifiers: what is measured is what it says, and the table reads it."""

from itertools import islice

import pytest

from minir1.bench import table, verifiers_speed
from minir1.tasks import Verdict, verify


@pytest.mark.parametrize(
    ("task", "pairs"),
    [("countdown", verifiers_speed.countdown_pairs), ("math", verifiers_speed.maths_pairs)],
)
def test_half_of_the_answers_are_right_and_no_two_texts_are_the_same(task, pairs):
    made = list(islice(pairs(0), 60))
    assert made == list(islice(pairs(0), 60)) != list(islice(pairs(1), 60))
    assert len({(str(gold), text) for gold, text in made}) == 60
    right = [verify(task, gold, text) is Verdict.CORRECT for gold, text in made]
    assert all(right[::2]) and sum(right[1::2]) <= 2


def test_hostile_answers_are_paid_nothing_and_reach_no_worker():
    found = verifiers_speed.hostile(0, 60)
    assert (found["right"], found["asked"]) == (0, 0)


def test_rows_become_a_table_and_a_hang_is_ended(monkeypatch):
    monkeypatch.setattr(verifiers_speed, "judge_programs", lambda *_: {
        "seconds": 1.0, "cpu_seconds": 0.5, "verdicts": 2.0, "right": 1.0})  # fmt: skip
    rows = verifiers_speed.main(verdicts=20, programs=2, repeats=1)
    cases = ["countdown", "maths", "code", "hostile maths", "one hang"]
    assert [one["case"] for one in rows] == cases
    lines = table.verdicts_table(rows)
    assert len(lines) == 2 + len(rows) and "100.00% turned away" in lines[-2]
    assert rows[-1]["sides"]["minir1"]["repeats"][0]["late"]
