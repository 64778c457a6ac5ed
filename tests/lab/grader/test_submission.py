"""Notebooks, folders and classes, through `minir1 grade`."""

import csv
import json
import shutil

import pytest

from minir1.cli.main import main
from minir1.lab.course import ROOT
from minir1.lab.exercises import COURSE, get
from minir1.lab.grader.answer import cells_of

NOTEBOOK = "07_advantages_and_losses"
MINE = [one for one in COURSE if one.notebook == NOTEBOOK]


def ask(*words, capsys):
    status = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return status, out, err


@pytest.fixture
def folder(tmp_path):
    """A class of three: one solved it, one did not begin, one made a mistake."""
    for name in ("ani", "budi", "citra"):
        (tmp_path / name).mkdir()
    source = ROOT / "solutions" / "src" / f"{NOTEBOOK}.py"
    shutil.copy(source, tmp_path / "ani" / f"{NOTEBOOK}.py")
    shutil.copy(ROOT / "exercises" / f"{NOTEBOOK}.ipynb", tmp_path / "budi" / f"{NOTEBOOK}.ipynb")
    wrong = source.read_text().replace("centred = group - mean", "centred = mean - group")
    cells = [{"cell_type": "code", "source": cell} for cell in cells_of(source)]
    cells = json.loads(
        json.dumps(cells).replace("centred = group - mean", "centred = mean - group")
    )
    assert wrong != source.read_text()
    cells.append(
        {"cell_type": "code", "source": "assert False, 'an edited test'\nwhile True: pass"}
    )
    (tmp_path / "citra" / f"{NOTEBOOK}.ipynb").write_text(json.dumps({"cells": cells}))
    (tmp_path / "notes").mkdir()
    return tmp_path


def test_a_class_becomes_rows_and_a_gradebook(folder, capsys):
    book = folder / "book.csv"
    status, out, err = ask("grade", folder, "--json", "--gradebook", book, capsys=capsys)
    rows = json.loads(out)
    assert (status, err) == (1, "") and len(rows) == 3 * len(MINE)
    by = {(row["learner"], row["exercise"]): row for row in rows}
    for one in MINE:
        assert by["ani", one.id]["points"] == by["ani", one.id]["max_points"] == one.max_points
        assert by["budi", one.id]["points"] == 0 and by["budi", one.id]["status"] == "not_done"
    assert by["citra", "group_advantages"]["mistake"] == "sign"
    assert by["citra", "k3"]["points"] == get("k3").max_points
    with book.open() as file:
        table = {row["learner"]: row for row in csv.DictReader(file)}
    most = sum(one.max_points for one in MINE)
    assert table["ani"]["points"] == str(most) == table["ani"]["max_points"]
    assert table["budi"]["points"] == "0" and set(table) == {"ani", "budi", "citra"}
    assert int(table["citra"]["points"]) == most - (5 - int(table["citra"]["group_advantages"]))


WHOLE = (ROOT / "exercises" / f"{NOTEBOOK}.ipynb").read_bytes()
DAMAGED = {
    "torn": WHOLE[: len(WHOLE) // 2],
    "no text": b"\xff\xfe",
    "other JSON": b"[1]",
    "nested": b"[" * 200_000,
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_notebook_costs_its_exercises_and_no_one_elses(name, tmp_path, capsys):
    for learner in ("ani", "budi", "citra"):
        (tmp_path / learner).mkdir()
        (tmp_path / learner / "12_evaluation.py").write_text("x = 1\n")
    (tmp_path / "budi" / f"{NOTEBOOK}.ipynb").write_bytes(DAMAGED[name])
    names = {one.id for one in COURSE if one.notebook == "12_evaluation"}
    status, out, err = ask("grade", tmp_path, "--json", capsys=capsys)
    rows = json.loads(out)
    found = {(row["learner"], row["exercise"]): row["status"] for row in rows}
    assert (status, err) == (1, "")
    expected = {(learner, one): "not_done" for learner in ("ani", "budi", "citra") for one in names}
    assert found == expected | {("budi", one.id): "crashed" for one in MINE}
    told = {row["message"] for row in rows if row["status"] == "crashed"}
    assert len(told) == 1 and told.pop().startswith(f"ValueError: {NOTEBOOK}.ipynb is no ")
    status, out, _ = ask("grade", tmp_path / "budi", capsys=capsys)
    assert status == 1 and f"{NOTEBOOK[:6]}" in out and "ValueError:" in out
    status, out, err = ask("grade", tmp_path / "budi" / f"{NOTEBOOK}.ipynb", capsys=capsys)
    assert (status, out) == (2, "") and "is no" in err and err.count("\n") == 1


def test_one_learner_one_file_and_the_exit_status(folder, capsys):
    status, out, _ = ask("grade", folder / "ani" / f"{NOTEBOOK}.py", "--json", capsys=capsys)
    rows = json.loads(out)
    assert status == 0 and all("learner" not in row and row["message"] == "" for row in rows)
    status, out, _ = ask(
        "grade", folder / "citra", "--seed", "3", "--language", "id", capsys=capsys
    )
    assert status == 1 and "Kesalahan klasik" in out.replace("\n", " ") and "learner" not in out


def test_answers_in_a_file_of_another_name_are_found(tmp_path, capsys):
    (tmp_path / "my work.py").write_text("def dead_chance(p, n):\n    return p**n + (1 - p) ** n\n")
    status, out, _ = ask("grade", tmp_path / "my work.py", "--json", capsys=capsys)
    assert status == 0 and [row["exercise"] for row in json.loads(out)] == ["dead_chance"]


def test_hidden_parts_change_the_points(folder, tmp_path, capsys):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "k3.py").write_text(
        "from minir1.lab.grader.exercise import Case, Part\n"
        "from minir1.lab.exercises.inputs import batch_and_logprobs\n"
        "def cases(draw):\n"
        "    logprobs, batch = batch_and_logprobs(draw, 9, 30)\n"
        "    yield Case((logprobs, batch.old_logprobs, batch))\n"
        "PARTS = (Part('wide', 4, cases),)\n"
    )
    words = ("grade", folder / "ani", "--json", "--hidden", tmp_path / "secret")
    status, out, _ = ask(*words, capsys=capsys)
    found = {row["exercise"]: row["max_points"] for row in json.loads(out)}
    assert status == 0 and found["k3"] == get("k3").max_points + 4


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path / "nowhere", "does not exist"),
        (lambda path: path, "holds no exercise notebook such as"),
        (lambda path: (path / "a.py").write_text("x = 1") and path / "a.py", "answers no exercise"),
        (lambda path: (path / "a.ipynb").write_text("{") and path / "a.ipynb", "is no notebook"),
    ],
)
def test_bad_input_is_one_line_and_status_2(make, message, tmp_path, capsys):
    status, out, err = ask("grade", make(tmp_path), capsys=capsys)
    assert (status, out) == (2, "") and message in err and err.count("\n") == 1
