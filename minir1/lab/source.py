"""From one hand-edited source to notebooks that are not run yet.

A source is a Python file in percent format (`# %%` begins a cell). In the source of an
exercise, the lines between two markers are what a learner has to write:

    def add(a, b):
        # BEGIN SOLUTION
        return a + b
        # END SOLUTION

The solution keeps these lines; the exercise asks for them. Everything that could differ
between two builds is fixed here: cell ids, the kernel's name, and no other metadata.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"
HOLE = 'raise NotImplementedError("your code here")'
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def read(path: Path, *, solved: bool) -> NotebookNode:
    """The notebook that the source at `path` describes, with its solutions or with holes."""
    import jupytext
    from nbformat import v4

    try:
        text = fill(path.read_text(encoding="utf-8"), solved=solved)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    cells = []
    for number, cell in enumerate(jupytext.reads(text, fmt="py:percent").cells, 1):
        new = v4.new_code_cell if cell.cell_type == "code" else v4.new_markdown_cell
        tags = {"tags": cell.metadata.tags} if "tags" in cell.metadata else {}
        cells.append(new(cell.source, id=f"cell-{number:03d}", metadata=tags))
    return v4.new_notebook(cells=cells, metadata=METADATA)


def fill(text: str, *, solved: bool) -> str:
    """Keep the lines between the markers, or put a hole in their place.

    >>> print(fill("a\\n  # BEGIN SOLUTION\\n  b\\n  # END SOLUTION\\nc", solved=False))
    a
      raise NotImplementedError("your code here")
    c
    """
    lines: list[str] = []
    begun = 0
    for number, line in enumerate(text.split("\n"), 1):
        word = line.strip()
        if word not in (BEGIN, END):
            if solved or not begun:
                lines.append(line)
        elif (word == BEGIN) == bool(begun):
            raise ValueError(f"line {number}: {word!r} has no partner: markers come in pairs")
        elif word == BEGIN:
            begun = number
            if not solved:
                lines.append(re.sub(r"\S.*", HOLE, line))
        else:
            begun = 0
    if begun:
        raise ValueError(f"line {begun}: {BEGIN!r} has no partner: markers come in pairs")
    return "\n".join(lines)


def same_source(built: NotebookNode, kept: NotebookNode) -> bool:
    """Whether two notebooks have the same cells, whatever their outputs."""

    def cells(notebook: NotebookNode) -> list[tuple[str, str, str]]:
        return [(cell.cell_type, cell.get("id", ""), cell.source) for cell in notebook.cells]

    return cells(built) == cells(kept)
