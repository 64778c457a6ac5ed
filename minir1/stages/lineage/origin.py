"""A row that something learned from, and the data set that it belongs to, as an auditor sees them.

    Row("make 15 from 10 5 1", "<think> ...", origin="text/corpus.py, seed 0/17, row 3")

A row that can't say where it comes from has the origin "". There may be none of those.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what was asked, what was to be learned, and where both come from."""

    question: str
    """Empty where nothing is asked: a text with facts."""
    text: str
    origin: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DataSet:
    """What one stage learned from."""

    stage: str
    kind: str
    """documents, questions, samples or pairs."""
    writer: str
    """The program, or the model, that wrote the rows."""
    seed: str
    count: int
    """Rows that the stage had; `rows` may give a part of them."""
    rows: Callable[[], Iterable[Row]]
    faults: tuple[str, ...] = ()
    """What is wrong with the set as a whole."""


def spread(steps: int, most: int) -> list[int]:
    """At most `most` of the steps 0 .. steps - 1, evenly spread; the first and the last are there.

    >>> spread(10, 4), spread(3, 9), spread(0, 5)
    ([0, 3, 6, 9], [0, 1, 2], [])
    """
    if steps <= most:
        return list(range(steps))
    return sorted({round(i * (steps - 1) / max(1, most - 1)) for i in range(most)})


def digest(rows: Iterable[Row]) -> str:
    """SHA-256 over the questions and texts of rows, in their order."""
    found = hashlib.sha256()
    for row in rows:
        found.update(f"{row.question}\0{row.text}\n".encode())
    return found.hexdigest()
