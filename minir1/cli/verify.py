"""`minir1 verify FILE`: judge answers in a file of JSON lines, with no model and no run.

A line in, with "task", "gold", "pred" (a whole completion, tags included) and, where there
is one, "question", so that an answer that only repeats it isn't paid:

    {"task": "arithmetic", "gold": 23, "pred": "<answer> 23 </answer>"}

The same line out, with the verdict and strict accuracy as the reward:

    {"task": "arithmetic", "gold": 23, "pred": "...", "verdict": "CORRECT", "reward": 1}

Lines stream, so a file may be larger than memory. The text of a "pred" never causes an
error. A broken line is one: the command stops there and names it, its cause and its cure.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from minir1.tasks import Verdict, verify
from minir1.tasks.sources.formats import json_object

FIELDS = ("task", "gold", "pred")


def main(file: str) -> int:
    """Judge each JSON line of FILE ("-" reads standard input) and print it with its verdict."""
    with _opened(file) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                judged = _judge(line)
            except ValueError as error:
                raise ValueError(f"{file}, line {number}: {error}") from error
            print(json.dumps(judged))
    return 0


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        if sys.stdin is None:
            raise ValueError("standard input is closed: give the path of a file of JSON lines")
        yield sys.stdin.buffer
        return
    try:
        stream = open(file, "rb")  # noqa: SIM115 - closed below
    except OSError as error:
        cure = 'give the path of a file of JSON lines, or "-" for standard input'
        raise ValueError(f"{file} can't be read ({error.strerror}): {cure}") from error
    with stream:
        yield stream


def _judge(line: bytes) -> dict[str, Any]:
    record = _read(line)
    verdict = verify(record["task"], record["gold"], record["pred"], record.get("question"))
    return record | {"verdict": verdict.value, "reward": int(verdict is Verdict.CORRECT)}


def _read(line: bytes) -> dict[str, Any]:
    """One line as a record that has every field; a ValueError names cause and cure."""
    record = json_object(line)
    for field in FIELDS:
        if field not in record:
            raise ValueError(f'the field "{field}" is missing: give {", ".join(FIELDS)}')
    for field in ("task", "pred"):
        if not isinstance(record[field], str):
            found = type(record[field]).__name__
            raise ValueError(f'the field "{field}" is of type {found}: give a text')
    return record
