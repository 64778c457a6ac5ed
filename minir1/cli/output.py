"""What commands print: numbers for a person, or the same numbers as JSON."""

import io
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from minir1.run.home import flat

INTERVAL = {"value", "low", "high"}
WORD = 24
"""A longer word, such as a path, is broken where a line is full."""


def say(result: Mapping[str, Any], as_json: bool) -> None:
    """Print a result: all of it as JSON, or its numbers and words as a table."""
    if as_json:
        print(json.dumps(result))
    else:
        table([("", ""), *cells(result).items()])


def cells(result: Mapping[str, Any]) -> dict[str, str]:
    """What of a result fits the cells of a table, by dotted name.

    >>> cells({"pass@1": {"value": 0.25, "low": 0.125, "high": 0.5}, "by": {"k": 2}, "rows": []})
    {'pass@1': '0.25 (0.125 to 0.5)', 'by.k': '2'}
    """
    shown = {name: interval(value) for name, value in result.items()}
    plain = str | int | float | None
    return {name: words(value) for name, value in flat(shown).items() if isinstance(value, plain)}


def interval(value: Any) -> Any:
    """A number and its confidence interval as one text; anything else as it is."""
    if not isinstance(value, Mapping):
        return value
    if set(value) == INTERVAL:
        low, high = words(value["low"]), words(value["high"])
        return f"{words(value['value'])} ({low} to {high})"
    return {name: interval(inner) for name, inner in value.items()}


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


def table(rows: Sequence[Sequence[str]], *, whole_names: bool = False) -> None:
    """Print an aligned table; its first row is the heading.

    With `whole_names`, the first column is never broken: what is in it is meant to be typed.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    head, *body = rows
    # Not to the terminal itself: rich ends the program with status 1 when a reader has left.
    text = io.StringIO()
    console = Console(file=text, force_terminal=sys.stdout.isatty())
    sizes = widths(rows, console.width, whole_names)
    console.width = max(console.width, taken(sizes))
    grid = Table(*head, box=box.SIMPLE_HEAD if any(head) else None, show_header=any(head))
    for column, size in zip(grid.columns, sizes, strict=True):
        column.overflow, column.width = "fold", size
    for row in body:
        grid.add_row(*row)
    console.print(grid)
    print("\n".join(line.rstrip() for line in text.getvalue().splitlines()))


def widths(rows: Sequence[Sequence[str]], room: int, whole_names: bool = False) -> list[int]:
    """How wide each column is: the widest give way first, and none is narrower than its words.

    In a narrow terminal, lines that go on below are easier to read than words in pieces.

    >>> rows = [("recipe", "what it is"), ("smoke", "the whole path at a toy size")]
    >>> widths(rows, 80), widths(rows, 30), widths(rows, 5)
    ([6, 28], [6, 17], [6, 5])
    """
    columns = list(zip(*rows, strict=True))
    whole = [max(map(len, cells)) for cells in columns]
    least = [
        min(WORD, max((len(word) for cell in cells for word in cell.split()), default=0))
        for cells in columns
    ]
    if whole_names:
        least[0] = whole[0]
    for widest in range(max(whole), 0, -1):
        found = [max(min(one, widest), word) for one, word in zip(whole, least, strict=True)]
        if taken(found) <= room:
            return found
    return least


def taken(sizes: Sequence[int]) -> int:
    """The width of a table whose columns have these widths."""
    return 1 + sum(size + 3 for size in sizes)
