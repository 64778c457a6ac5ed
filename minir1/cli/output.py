"""What commands print: numbers for a person, or the same numbers as JSON."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from minir1.run.home import flat


def say(result: Mapping[str, Any], as_json: bool) -> None:
    """Print a stage's result: all of it as JSON, or its numbers and words as a table."""
    if as_json:
        print(json.dumps(result))
        return
    rows = [(name, words(value)) for name, value in flat(dict(result)).items() if plain(value)]
    table([("", ""), *rows])


def plain(value: Any) -> bool:
    """Whether a value fits one cell of a table."""
    return value is None or isinstance(value, str | int | float)


def words(value: Any) -> str:
    """A value as a person writes it.

    >>> words(0.61239), words(1234567), words(None)
    ('0.6124', '1,234,567', '-')
    """
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def table(rows: Sequence[Sequence[str]]) -> None:
    """Print an aligned table; its first row is the heading."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    head, *body = rows
    grid = Table(*head, box=box.SIMPLE_HEAD if any(head) else None, show_header=any(head))
    for row in body:
        grid.add_row(*row)
    console = Console()
    with console.capture() as text:
        console.print(grid)
    print(text.get(), end="")
