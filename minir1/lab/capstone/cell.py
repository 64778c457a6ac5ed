"""Where a task stands: in a Python file of its own, or in the answer cell of a notebook.

my_task.py                  the file itself
17_capstone.ipynb           the last cell that defines draw and verify, as a file
07_advantages.ipynb         no task: it holds answers to exercises
"""

from __future__ import annotations

from pathlib import Path

from minir1.lab.grader.answer import cells_of, without_magics
from minir1.stages.own import is_task
from minir1.tasks.sources.own import read_text


def task_file(path: Path, scratch: Path) -> Path | None:
    """The Python file with the task that `path` holds; None if it holds none."""
    if not path.is_file():
        raise ValueError(f"{path} is no file: give a task, an exercise notebook, or a .py file")
    if path.suffix == ".py":
        return path if is_task(read_text(str(path))) else None
    for cell in reversed(cells_of(path)):
        text = without_magics(cell)
        if is_task(text):
            file = scratch / "task.py"
            file.write_text(text, encoding="utf-8")
            return file
    return None
