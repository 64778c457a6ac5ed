"""Files of one JSON object a line, that only ever grow at the end.

A process killed in the middle of a line leaves a torn one. It is dropped by the next
writer and not seen by a reader, so every line that is seen is whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from minir1.run.whole import whole

Row = dict[str, Any]


def is_number(value: object) -> bool:
    """Whether a JSON value is a number; true and false are none.

    >>> is_number(0.5), is_number(True), is_number("0.5")
    (True, False, False)
    """
    return isinstance(value, int | float) and not isinstance(value, bool)


def append_row(path: Path, row: Mapping[str, Any]) -> None:
    """Add one line. The file is opened anew each time: no buffer that a crash could lose."""
    line = json.dumps(row, allow_nan=False) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        end = file.tell()
        file.seek(max(0, end - 1))
        if end and file.read() != b"\n":
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)
        file.write(line.encode())


def read_rows(path: Path) -> list[tuple[bytes, Row]]:
    """Each whole line of the file, as its bytes and as a row.

    A ValueError names the first line that is not a JSON object.
    """
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise ValueError(f"{path} can't be read: {error.strerror}") from error
    if lines and not lines[-1].endswith(b"\n"):
        lines.pop()
    return [(line, parse(line, path, number)) for number, line in enumerate(lines, start=1)]


def rows_in(path: Path) -> list[Row]:
    """All rows of a file; none where nothing was written yet."""
    return [row for _, row in read_rows(path)] if path.exists() else []


def read_placed(path: Path) -> list[tuple[bytes, Row]]:
    """The same of a file whose rows have a place in a run: each has its stage and its step."""
    rows = read_rows(path)
    for number, (_, row) in enumerate(rows, start=1):
        require_place(row, path, number)
    return rows


def require_place(row: Row, path: Path, number: int) -> None:
    """Raise a ValueError unless a row says where in a run it belongs."""
    stage, step = row.get("stage"), row.get("step")
    if not isinstance(stage, str) or not isinstance(step, int) or isinstance(step, bool):
        raise ValueError(f'{path}, line {number}: a row needs a "stage" name and a "step" number')


def take_back(path: Path, stage: str, step: int, later: Sequence[str] = ()) -> list[Row]:
    """Take back what a run resumed at `step` of `stage` will write again; return what stays.

    Rows of `stage` after `step`, all rows of the `later` stages, and a last line that was cut
    off in the middle go. The rows that stay keep their bytes, and the file is whole at any moment.
    A row without a place is named, and the file is left as it is.
    """
    if not path.exists():
        return []
    kept = [
        (line, row)
        for line, row in read_placed(path)
        if row["stage"] not in later and not (row["stage"] == stage and row["step"] > step)
    ]
    with whole(path) as file:
        file.writelines(line for line, _ in kept)
    return [row for _, row in kept]


def parse(line: bytes, path: Path, number: int) -> Row:
    """One line as a row; a ValueError names the line that is none."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}, line {number}: not JSON: {error}") from error
    if not isinstance(row, dict):
        raise ValueError(f"{path}, line {number}: {row!r} is not a JSON object")
    return row
