"""check, hint, peek, solution and progress, as a notebook calls them."""

import json
import linecache

import pytest

from minir1.lab import board, desk
from minir1.lab.capstone.rubric import CAPSTONE
from minir1.lab.course import RECORD, solution_of, work_folder
from minir1.lab.exercises import COURSE, get
from minir1.lab.grader.outcome import Outcome, PartOutcome, Status


@pytest.fixture(autouse=True)
def work(tmp_path, monkeypatch):
    monkeypatch.setenv("MINIR1_WORK", str(tmp_path))
    monkeypatch.delenv("MINIR1_LANG", raising=False)
    return tmp_path


def cell(text, name, number=[0]):  # noqa: B006 - counts the cells
    """The function of a cell, with its source where IPython keeps it."""
    number[0] += 1
    file = f"<cell {number[0]}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    space: dict = {}
    exec(compile(text, file, "exec"), space)
    return space[name]


HOLE = 'def dead_chance(chance, group_size):\n    raise NotImplementedError("your code here")\n'


def test_check_grades_notes_and_never_raises(work):
    hole = desk.check(cell(HOLE, "dead_chance"))
    assert "not done yet" in repr(hole)
    record = json.loads((work / RECORD).read_text())
    assert record["dead_chance"]["points"] == 0 and record["dead_chance"]["checks"] == 1
    right = desk.check(cell(solution_of(get("dead_chance")), "dead_chance"))
    assert "All 1 points" in repr(right)
    entry = board.read(work)["dead_chance"]
    assert entry["points"] == 1 and entry["checks"] == 2 and entry["solved"] >= entry["first"]
    desk.check(cell(HOLE, "dead_chance"))
    assert board.read(work)["dead_chance"]["points"] == 1, "the best result counts"
    assert "/1" in repr(desk.progress("08_r1_zero_on_your_laptop"))


def test_check_sees_the_whole_cell_with_its_imports():
    text = (
        "import math\n\ndef dead_chance(chance, group_size):\n"
        "    return math.pow(chance, group_size) + math.pow(1 - chance, group_size)\n"
    )
    assert "All 1 points" in repr(desk.check(cell(text, "dead_chance")))


def test_a_function_without_a_cell_is_told_so():
    space: dict = {}
    exec(HOLE, space)
    with pytest.raises(ValueError, match="run the answer cell first, then call check"):
        desk.check(space["dead_chance"])
    with pytest.raises(ValueError, match="no exercise 'dead_chanse'; nearest: dead_chance"):
        desk.check(cell(HOLE.replace("chance(", "chanse("), "dead_chanse"))


def test_hints_open_one_after_the_other(work):
    hole = cell(HOLE, "dead_chance")
    texts = [repr(desk.hint(hole)) for _ in range(4)]
    assert ["1 of 3" in texts[0], "2 of 3" in texts[1], "3 of 3" in texts[2]] == [True] * 3
    assert texts[3] == texts[2] and "solution(dead_chance)" in texts[2]
    assert "1 of 3" in repr(desk.hint(hole, 1)) and board.read(work)["dead_chance"]["hints"] == 3
    with pytest.raises(ValueError, match="depth = 4"):
        desk.hint(hole, 4)


def test_the_solution_asks_first(work):
    hole = cell(HOLE, "dead_chance")
    assert "Have you tried?" in repr(desk.solution(hole))
    assert "```python" not in repr(desk.solution(hole))
    assert "all_right + all_wrong" in repr(desk.solution(hole, "yes"))
    assert board.read(work)["dead_chance"]["solution_seen"]
    assert "solution seen" in repr(desk.progress())


def test_peek_shows_both_sides_and_every_way_to_fail():
    assert "not done yet" in repr(desk.peek(cell(HOLE, "dead_chance"), 0.5, 2))
    right = repr(desk.peek(cell(solution_of(get("dead_chance")), "dead_chance"), 0.5, 2))
    assert right.count("`0.5`") == 2
    crash = HOLE.replace('raise NotImplementedError("your code here")', "return 1 / 0")
    assert "ZeroDivisionError" in repr(desk.peek(cell(crash, "dead_chance"), 0.5, 2))
    tensors = cell(solution_of(get("rope_frequencies")), "rope_frequencies")
    assert repr(desk.peek(tensors, 4, theta=100.0)).count("0.1000") == 2


def test_the_language_is_chosen_by_the_environment_or_the_call(monkeypatch):
    hole = cell(HOLE, "dead_chance")
    assert "belum dikerjakan" in repr(desk.check(hole, language="id"))
    monkeypatch.setenv("MINIR1_LANG", "id")
    assert "Kemajuan Anda" in repr(desk.progress())
    monkeypatch.setenv("MINIR1_LANG", "fr")
    with pytest.raises(ValueError, match="MINIR1_LANG = 'fr' can't be used: use one of en, id"):
        desk.check(hole)


def test_a_broken_record_names_its_cure(work):
    (work / RECORD).write_text("{")
    with pytest.raises(ValueError, match="remove it"):
        desk.progress()._repr_markdown_()


def test_the_board_lists_the_whole_course(work):
    text = repr(desk.progress())
    assert all(f"`{one.id}`" in text for one in COURSE)
    assert f"**0/{sum(one.max_points for one in COURSE) + CAPSTONE.max_points}**" in text


def test_a_graded_capstone_has_its_line_on_the_board(work):
    parts = (PartOutcome("task", 1, 1, Status.RIGHT), PartOutcome("base", 0, 2, Status.NOT_DONE))
    board.note(work, Outcome(CAPSTONE.id, Status.NOT_DONE, parts))
    for shown in (desk.progress(), desk.progress(CAPSTONE.notebook)):
        (row,) = [row for row in shown.rows() if row[0] == "`capstone`"]
        assert row[1] == "1/25" and row[-1] == "not done yet"


def test_the_work_folder_is_the_current_one_if_it_holds_exercises(tmp_path, monkeypatch):
    monkeypatch.delenv("MINIR1_WORK")
    monkeypatch.chdir(tmp_path)
    assert work_folder().name == "work"
    (tmp_path / f"{COURSE[0].notebook}.ipynb").write_text("{}")
    assert work_folder() == tmp_path
