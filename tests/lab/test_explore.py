"""A picture with handles: drawn once where nobody can turn them, redrawn where somebody can."""

from pathlib import Path

import pytest

from minir1.lab import explore as module
from minir1.lab.build import execute
from minir1.lab.explore import explore, is_live


def draw(size, name):
    return f"{name} {size:g}"


def test_a_live_page_is_known_by_jupyterlab_or_by_the_variable(monkeypatch):
    monkeypatch.delenv(module.VARIABLE, raising=False)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert not is_live()
    monkeypatch.setenv("JPY_SESSION_NAME", "a.ipynb")
    assert is_live()
    monkeypatch.setenv(module.VARIABLE, "0")
    assert not is_live()
    monkeypatch.setenv(module.VARIABLE, "perhaps")
    with pytest.raises(ValueError, match="MINIR1_WIDGETS = 'perhaps' can't be used"):
        is_live()


def test_without_a_page_the_first_choices_are_drawn_and_named(monkeypatch, shown):
    monkeypatch.setenv(module.VARIABLE, "0")
    explore(draw, size=[2.0, 1.0], name=["a", "b"])
    picture, note = shown
    assert picture == "a 2"
    assert "size = 2" in repr(note) and "name = a" in repr(note)


def test_on_a_page_each_turn_draws_again(monkeypatch, shown):
    monkeypatch.setenv(module.VARIABLE, "1")
    explore(draw, size=[2.0, 1.0, 3.0], name=["a", "b"])
    box, picture, page = shown
    slider, listed = box.children
    assert picture == "a 2" and type(slider).__name__ == "SelectionSlider"
    assert [value for _, value in slider.options] == [1.0, 2.0, 3.0] and slider.value == 2.0
    slider.value = 3.0
    listed.value = "b"
    assert page.shown == ["a 3", "b 3"]


def test_a_choice_needs_values():
    with pytest.raises(ValueError, match=r"size = .* can't be used"):
        explore(draw, size=[], name=["a"])


CELLS = (
    "from minir1.lab.explore import explore\n"
    "from minir1.lab.intervals import one_count\n"
    "explore(one_count, right=[3, 1, 2], problems=[10, 20])",
    "from ipywidgets.widgets.widget import _instances\n"
    "(slider,) = [w for w in _instances.values() if getattr(w, 'description', '') == 'right']\n"
    "slider.value = 2",
)


def test_a_saved_notebook_keeps_the_last_picture(monkeypatch):
    """In a real kernel: a widget dies with it, the picture below it stays in the file."""
    from nbformat import v4

    monkeypatch.setenv(module.VARIABLE, "1")
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for source in CELLS])
    execute(notebook, Path(__file__).parent)
    (picture,) = [one for one in notebook.cells[0].outputs if "image/png" in one.data]
    assert picture.data["text/plain"].startswith("2 of 10")
