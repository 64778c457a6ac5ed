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
    grid = Table(*head, box=box.SIMPLE_HEAD if any(head) else None, show_header=any(head))
    for column in grid.columns:
        column.overflow = "fold"
    grid.columns[0].no_wrap = whole_names
    for row in body:
        grid.add_row(*row)
    # Not to the terminal itself: rich ends the program with status 1 when a reader has left.
    text = io.StringIO()
    console = Console(file=text, force_terminal=sys.stdout.isatty())
    console.width = max(console.width, least(rows))
    console.print(grid)
    print(text.getvalue(), end="")


def least(rows: Sequence[Sequence[str]]) -> int:
    """The narrowest that a table can be read: its columns hold their longest words, up to WORD.

    In a narrow terminal, lines that go on below are easier to read than words in pieces.

    >>> least([("held out", "base"), ("pass@1", "0.25 (0.125 to 0.5)")])
    19
    """
    columns = zip(*rows, strict=True)
    longest = (max((len(w) for cell in one for w in cell.split()), default=0) for one in columns)
    return 1 + sum(min(WORD, size) + 3 for size in longest)
