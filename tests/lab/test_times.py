"""The course's times: what the page says follows from the rows."""

import pytest

from minir1.lab.times import LINE, PAGE, ROWS, main, newest, shown, with_times
from minir1.run.jsonl import read_rows

PAGE_TEXT = """| lesson | to read | to run, one core |
|---|---|---|
| [00 One](00_one.ipynb): a thing | 40 minutes | ? |
| [01 Two](01_two.ipynb): a | thing | 45 minutes | ? |

<!-- times: begin -->
<!-- times: end -->
"""
DEVICE = {"processor": "a machine", "threads": 1}


def lesson(name, seconds, scale="laptop"):
    return {
        "kind": "lesson",
        "name": name,
        "seconds": seconds,
        "scale": scale,
        "device": DEVICE,
    }


def test_the_page_holds_what_the_rows_say():
    rows = [row for _, row in read_rows(ROWS)] if ROWS.exists() else []
    text = PAGE.read_text(encoding="utf-8")
    assert with_times(text, rows) == text, "run `python -m minir1.lab.times`"
    sources = {path.stem for path in (PAGE.parent / "src").glob("*.py")}
    assert {found[2] for found in LINE.finditer(text)} == sources


def test_the_newest_row_counts_and_a_smoke_run_does_not():
    rows = [
        lesson("00_one", 30.0),
        lesson("00_one", 90.0),
        lesson("01_two", 12.0),
        lesson("01_two", 1.0, scale="smoke"),
    ]
    text = with_times(PAGE_TEXT, rows)
    assert "| 40 minutes | 1.5 min |" in text
    assert "| 45 minutes | 12 s |" in text
    assert "All 2 lessons together: 1.7 min; the longest, 00: 1.5 min." in text
    assert with_times(text, rows) == text


def test_a_lesson_without_a_row_is_not_timed():
    text = with_times(PAGE_TEXT, [lesson("01_two", 12.0)])
    assert "| 40 minutes | not timed |" in text
    assert "No lesson is timed yet." in with_times(PAGE_TEXT, [])


def test_grading_is_told_by_its_middle_and_its_worst():
    graded = [
        {"kind": "exercise", "name": str(i), "again": seconds, "first": 9.0, "device": DEVICE}
        for i, seconds in enumerate((0.1, 0.4, 1.9))
    ]
    text = with_times(PAGE_TEXT, [lesson("00_one", 30.0), *graded])
    assert "Grading each of the 3 answers, " in text
    assert "0.4 s in the middle, 1.9 s at most." in text


def test_what_can_not_be_timed_is_named():
    with pytest.raises(ValueError, match="'lesson' can't be timed: give lessons or grading"):
        main(["lesson"])
    with pytest.raises(ValueError, match="there is no source '99_none'"):
        main(["lessons", "99_none"])


def test_a_minute_is_said_as_a_minute():
    assert [shown(x) for x in (0.4, 59.0, 60.0, 3600.0)] == ["0 s", "59 s", "1 min", "60 min"]
    assert shown(7380.0) == "120 min"
    assert newest([], "lesson") == {}
