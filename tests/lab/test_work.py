"""The learner's copies: made once, never overwritten."""

import json

import pytest

from minir1.cli.main import main
from minir1.lab.exercises import NOTEBOOKS
from minir1.lab.words import Words
from minir1.lab.work import CAPSTONE_FILES, lay_out

NAME = NOTEBOOKS[0]


@pytest.fixture
def course(tmp_path):
    folder = tmp_path / "exercises"
    folder.mkdir()
    for name in NOTEBOOKS:
        (folder / f"{name}.ipynb").write_text(json.dumps({"cells": [], "name": name}))
    (folder / "capstone").mkdir()
    for name in CAPSTONE_FILES:
        (folder / name).write_text(f"{name}, to be filled in")
    return folder


def line(lines):
    return next(one for one in lines if one.startswith(f"{NAME}:"))


def test_each_case(course, tmp_path):
    work, words = tmp_path / "work", Words("en")
    mine, theirs = work / f"{NAME}.ipynb", course / f"{NAME}.ipynb"
    assert "copied" in line(lay_out(work, words, course)) and mine.read_text() == theirs.read_text()
    assert "yours is kept" in line(lay_out(work, words, course))
    theirs.write_text("the second edition")
    assert "it is the new one now" in line(lay_out(work, words, course))
    assert mine.read_text() == "the second edition"
    mine.write_text("my answers")
    assert line(lay_out(work, words, course)).endswith("yours is kept")
    theirs.write_text("the third edition")
    told = line(lay_out(work, words, course))
    assert "the course has a newer one" in told and str(theirs) in told
    assert mine.read_text() == "my answers"
    theirs.unlink()
    with pytest.raises(ValueError, match="make notebooks"):
        lay_out(work, words, course)


def test_the_command_copies_and_opens_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MINIR1_WORK", str(tmp_path / "mine"))
    assert main(["lab", "--copy-only"]) == 0
    assert {file.stem for file in (tmp_path / "mine").glob("*.ipynb")} == set(NOTEBOOKS)
    assert capsys.readouterr().out.count("copied to") == len(NOTEBOOKS) + len(CAPSTONE_FILES)


def test_a_capstone_that_was_begun_is_kept(course, tmp_path):
    work, words = tmp_path / "work", Words("en")
    lay_out(work, words, course)
    task, report = (work / name for name in CAPSTONE_FILES)
    assert report.read_text() == "capstone/report.md, to be filled in"
    task.write_text("my own task")
    for name in CAPSTONE_FILES:
        (course / name).write_text("the second edition")
    told = lay_out(work, words, course)
    assert task.read_text() == "my own task" and report.read_text() == "the second edition"
    assert any("capstone/task.py: yours is kept" in one for one in told)
    assert not list((work / "capstone").glob(".*"))
