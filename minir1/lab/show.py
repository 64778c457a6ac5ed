"""`show(fn)`: the source of what a lesson talks about, as it stands in the package.

A lesson never copies code: a copy drifts. It imports the function and shows it.
"""

import inspect
import os
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType


@dataclass(frozen=True, slots=True)
class Source:
    """Some source code and where it stands. JupyterLab shows it with a link to its file."""

    text: str
    path: str
    """From the folder that the notebook runs in, so that the link opens the file."""
    line: int

    def _repr_markdown_(self) -> str:
        name = self.path.replace("../", "")
        return f"[{name}, line {self.line}]({self.path})\n\n```python\n{self.text}\n```"

    def __repr__(self) -> str:
        return f"# {self.path}, line {self.line}\n{self.text}"


def show(thing: Callable[..., object] | type | ModuleType) -> Source:
    """The source of a function, a class or a module; put it last in a cell to see it.

    >>> print(show(show).text.splitlines()[0])
    def show(thing: Callable[..., object] | type | ModuleType) -> Source:
    """
    thing = inspect.unwrap(thing) if callable(thing) else thing
    try:
        file = inspect.getsourcefile(thing) or ""
        lines, first = inspect.getsourcelines(thing)
    except (TypeError, OSError) as error:
        raise ValueError(f"{thing!r} has no source to show: {error}") from error
    path = Path(os.path.relpath(file)).as_posix()
    return Source(textwrap.dedent("".join(lines)).strip(), path, max(first, 1))
