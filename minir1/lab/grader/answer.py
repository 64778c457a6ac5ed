"""Find an answer: the text of the one cell that defines the exercise's function.

Only this cell is graded. The other cells (training, pictures, tests that somebody edited) are
never run, so nothing in them can help or harm. An answer cell imports what it needs, for it is
run alone.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Answer:
    """The text of an answer cell, and what can be said of it before it runs."""

    text: str
    state: str = "ready"
    """"ready", "missing" (no cell defines the function), "hole", "syntax", or "unreadable"."""
    line: int | None = None
    detail: str = ""


def cells_of(path: Path) -> list[str]:
    """The code cells of a notebook or of a Python file in percent format."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8: give a notebook or a .py file") from error
    except OSError as error:
        raise ValueError(f"{path} can't be read: {error.strerror}") from error
    if path.suffix != ".ipynb":
        return re.split(r"^# %%.*\n", text, flags=re.MULTILINE)
    try:
        cells = json.loads(text)["cells"]
        sources = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
        return ["".join(source) for source in sources]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} is no notebook: save it again from JupyterLab") from error


def find(cells: list[str], name: str) -> Answer:
    """The last cell that defines `name`, as an answer.

    >>> find(["x = 1", "def f():\\n    return 2", "def g(): ..."], "f").text
    'def f():\\n    return 2'
    """
    for cell in reversed(cells):
        text = without_magics(cell)
        if re.search(rf"^(async )?def {name}\b", text, re.MULTILINE):
            return judge(text, name)
    return Answer("", "missing")


def judge(text: str, name: str) -> Answer:
    """Whether a text that should define `name` can run and has been filled in at all.

    >>> judge("def f(x):\\n    ...", "f").state
    'hole'
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Answer(
            text, "syntax", getattr(error, "lineno", None), getattr(error, "msg", str(error))
        )
    defined = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name]
    if not defined:
        return Answer("", "missing")
    untouched = all(map(is_hole, body_of(defined[-1]))) or any(map(is_asked_for, tree.body))
    return Answer(text, "hole" if untouched else "ready")


def is_asked_for(statement: ast.stmt) -> bool:
    """A function that only says that it is still to be written, such as a kernel beside its caller.

    >>> is_asked_for(ast.parse('def f(): raise NotImplementedError("your code here")').body[0])
    True
    """
    if not isinstance(statement, ast.FunctionDef):
        return False
    body = body_of(statement)
    return bool(body) and all(isinstance(one, ast.Raise) and is_hole(one) for one in body)


def body_of(function: ast.FunctionDef) -> list[ast.stmt]:
    """The statements of a function without its docstring."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    is_text = documented and isinstance(first.value.value, str)  # pyright: ignore
    return function.body[1:] if is_text else function.body


def is_hole(statement: ast.stmt) -> bool:
    """`...`, `pass`, or an error that says that something is still to be written."""
    match statement:
        case ast.Pass():
            return True
        case ast.Expr(value=ast.Constant(value=written)):
            return written is ...
        case ast.Raise(exc=error) if error is not None:
            return "NotImplementedError" in ast.unparse(error)
    return False


def without_magics(cell: str) -> str:
    """The cell without IPython's own lines, which are no Python; line numbers stay."""
    return re.sub(r"^[%!].*$", "", cell, flags=re.MULTILINE)
