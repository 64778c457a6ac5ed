"""`explore(draw, ...)`: a picture with handles to turn, and what stays of it when it is saved.

In a live JupyterLab the choices become sliders and lists (arrow keys move them, Tab goes to
the next), and the picture below follows. A widget lives as long as its kernel; the picture
is an output of its own, so the saved notebook keeps the last one drawn. Without a live page
(on GitHub, in a test, in a build) the picture is drawn once, at its first choices.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from minir1.lab.picture import Note

VARIABLE = "MINIR1_WIDGETS"
"""1 turns handles on where a live page is not recognised, 0 turns them off."""


def is_live() -> bool:
    """Whether somebody can turn the handles: JupyterLab says so to its kernels."""
    asked = os.environ.get(VARIABLE, "")
    if asked not in ("", "0", "1"):
        raise ValueError(f"{VARIABLE} = {asked!r} can't be used: use 1 (on), 0 (off) or leave it")
    return asked == "1" or (asked == "" and "JPY_SESSION_NAME" in os.environ)


def explore(draw: Callable[..., Any], **choices: Sequence[Any]) -> None:
    """Show `draw(**values)`; each choice is a list of values, and its first is the start.

    Numbers become a slider in their order, anything else a list to pick from.
    """
    from IPython.display import display

    for name, values in choices.items():
        if not len(values):
            raise ValueError(f"{name} = {values!r} can't be used: give one value or more")
    start = {name: values[0] for name, values in choices.items()}
    if not is_live():
        display(draw(**start))
        shown = ", ".join(f"{_label(name)} = {_word(value)}" for name, value in start.items())
        display(Note(f"*Shown: {shown}. In JupyterLab, run this cell and turn the handles.*"))
        return
    handles = {name: _handle(name, values) for name, values in choices.items()}

    def redraw(_: Any) -> None:
        assert page is not None, "a display with an id is a page"
        page.update(draw(**{name: handle.value for name, handle in handles.items()}))

    from ipywidgets import VBox

    display(VBox(list(handles.values())))
    page = display(draw(**start), display_id=True)
    for handle in handles.values():
        handle.observe(redraw, names="value")


def _handle(name: str, values: Sequence[Any]) -> Any:
    """A slider over numbers, or a list of anything else."""
    from ipywidgets import Dropdown, Layout, SelectionSlider

    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    look = {
        "description": _label(name), "value": values[0], "style": {"description_width": "9em"},
        "layout": Layout(width="34em"),
    }  # fmt: skip
    if numbers:
        options = [(_word(value), value) for value in sorted(values)]
        return SelectionSlider(options=options, continuous_update=False, **look)
    return Dropdown(options=[(_word(value), value) for value in values], **look)


def _label(name: str) -> str:
    return name.replace("_", " ")


def _word(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
