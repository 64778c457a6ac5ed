"""The student's lines: what rounding lost, over students where there are several."""

import pytest

from minir1.bench.claims.claim import FAILS, HOLDS, MISSING, UNSURE
from minir1.bench.claims.rounded import ROUNDED, lines


def student(seed: int, eight: float, four: float) -> dict:
    forms = [
        {"form": form, "change": {"value": value, "low": value - 0.01, "high": value + 0.01}}
        for form, value in (("q8_0", eight), ("q4_0", four))
    ]
    return {"seed": seed, "forms": forms}


def test_no_student_is_not_measured():
    assert [line["verdict"] for line in lines(60, [])] == [MISSING, MISSING]


def test_one_student_is_shown_over_its_questions_and_is_no_verdict():
    eight, four = lines(60, [student(0, 0.0, -0.2)])
    assert eight["verdict"] == four["verdict"] == UNSURE
    assert four["interval"] == pytest.approx({"value": -0.2, "low": -0.21, "high": -0.19})
    assert four["seeds"] == [0] and four["threshold"] == "above -0.05"


def test_six_students_decide():
    some = [student(seed, 0.001 * (seed % 2), -0.2 - 0.001 * seed) for seed in range(6)]
    eight, four = lines(60, some)
    assert (eight["verdict"], four["verdict"]) == (HOLDS, FAILS)
    assert len(eight["values"]) == 6 and -0.02 < eight["interval"]["low"] < 0.0005


def test_the_lines_stand_in_the_table_and_in_its_correction():
    from minir1.bench.claims import table

    keys = [line["key"] for line in table.lines()]
    assert [claim.key for claim in ROUNDED] == [key for key in keys if key.startswith("student/")]
