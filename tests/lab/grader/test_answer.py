"""Finding the answer cell, and nothing but it."""

import json

import pytest

from minir1.lab.grader.answer import cells_of, find, judge


def notebook(*cells, kind="code"):
    return json.dumps({"cells": [{"cell_type": kind, "source": cell} for cell in cells]})


def test_the_last_cell_that_defines_the_function_is_the_answer():
    cells = ["import os", "def f():\n    return 1", "def f():\n    return 2", "f()", "x = f"]
    assert find(cells, "f").text == "def f():\n    return 2"
    assert find(cells, "g").state == "missing"
    assert find(["# def f(): no", "  def f(): pass", "class f: pass"], "f").state == "missing"


def test_magics_are_no_python_and_lines_keep_their_numbers():
    answer = find(["%%time\n!ls\ndef f():\n    return 1 +"], "f")
    assert (answer.state, answer.line) == ("syntax", 4)
    assert find(["%%time\ndef f():\n    return 1"], "f").state == "ready"


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ("...", "hole"),
        ("pass", "hole"),
        ('"""Only words."""', "hole"),
        ('"""Words."""\n    raise NotImplementedError("your code here")', "hole"),
        ("raise NotImplementedError", "hole"),
        ("raise ValueError", "ready"),
        ("return ...", "ready"),
        ("x = 1", "ready"),
        ("return (", "syntax"),
        ("\x00", "syntax"),
        ("return " + "(" * 5000, "syntax"),
    ],
)
def test_the_state_of_an_answer(body, state):
    assert judge(f"def f():\n    {body}", "f").state == state


def test_cells_of_notebooks_and_of_files(tmp_path):
    file = tmp_path / "a.ipynb"
    file.write_text(notebook("x = 1", ["def f():\n", "    return 1"]))
    assert cells_of(file) == ["x = 1", "def f():\n    return 1"]
    file.write_text(notebook("# words", kind="markdown"))
    assert cells_of(file) == []
    other = tmp_path / "a.py"
    other.write_text("# %%\nx = 1\n\n# %% [markdown]\n# words\n\n# %%\ndef f():\n    return 1\n")
    assert find(cells_of(other), "f").state == "ready"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', '{"cells": [{}]}', "null"])
def test_a_broken_notebook_is_named(text, tmp_path):
    file = tmp_path / "a.ipynb"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"a\.ipynb is no notebook"):
        cells_of(file)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="UTF-8"):
        cells_of(file)
