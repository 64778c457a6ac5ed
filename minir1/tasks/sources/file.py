"""A task from a file of the user's own: `--task.name jsonl --task.path FILE`.

One problem a line, in one of a few formats (`formats.py`); a folder of JSON files, as MATH comes,
is read as well, one problem a file. Which problems are held out is decided by a hash of the
question, as everywhere: adding a line moves no other one to the other side.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from minir1.tasks.base import Problem, Split, Verdict
from minir1.tasks.sources.formats import Row, Unreadable, read_line
from minir1.tasks.sources.judge import judge
from minir1.tasks.splits import split_of

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class FileTask:
    """Problems from `path`, split by `heldout_share`."""

    name: ClassVar[str] = "jsonl"

    path: str
    heldout_share: float = 0.2
    rows: tuple[Row, ...] = field(init=False, repr=False, compare=False)
    sides: Mapping[Split, list[Problem]] = field(init=False, repr=False, compare=False)
    """Each side of the split in the order of the file: hashed once, and not at every step."""

    def __post_init__(self) -> None:
        rows = read_problems(Path(self.path))
        sides: dict[Split, list[Problem]] = {"train": [], "heldout": []}
        for one in map(problem, rows):
            sides[split_of(one.key, self.heldout_share)].append(one)
        object.__setattr__(self, "rows", tuple(rows))
        object.__setattr__(self, "sides", sides)

    def of_split(self, split: Split) -> list[Problem]:
        """Every problem on one side of the split, in the order of the file."""
        return list(self.sides[split])

    def problems(self, split: Split, seed: int) -> Iterator[Problem]:
        """An endless stream: all of the split in a random order, then all in another order."""
        mine = self.sides[split]
        if not mine:
            raise ValueError(
                f"task.heldout_share = {self.heldout_share!r} leaves none of the {len(self.rows)} "
                f"problems of {self.path} in the split {split!r}: add problems, or change the share"
            )
        rng = random.Random(f"{self.name} {split} {seed}")
        while True:
            yield from rng.sample(mine, len(mine))

    def verify(self, gold: Any, completion: str) -> Verdict:
        """Judge a completion by the verifier that the problem names."""
        return judge(gold, completion)


def problem(row: Row) -> Problem:
    """A row as a problem; its key is the question without its line breaks."""
    gold = {"verifier": row.verifier, "gold": row.gold, "question": row.question}
    key = " ".join(row.question.split())
    return Problem("jsonl", row.question, gold, key, row.solution)


def read_problems(path: Path) -> list[Row]:
    """Every row of a file, or of a folder's JSON files, but those whose gold can't be read."""
    rows: list[Row] = []
    left_out: list[str] = []
    for place, line in _lines(path):
        if not line.strip():
            continue
        try:
            rows.append(read_line(line))
        except Unreadable as error:
            left_out.append(f"{place}: {error}")
        except ValueError as error:
            raise ValueError(f"{place}: {error}") from error
    if left_out:
        _log.warning(
            "%d rows of %s are left out, the first is %s", len(left_out), path, left_out[0]
        )
    if not rows:
        cure = left_out[0] if left_out else "give one JSON object a line"
        raise ValueError(f"{path} holds no problem that can be used: {cure}")
    return rows


def check_path(path: str) -> None:
    """A ValueError if nothing can be read there. Nothing but the beginning is read."""
    next(_lines(Path(path)), None)


def _lines(path: Path) -> Iterator[tuple[str, bytes]]:
    """Each problem's bytes, and where it stands."""
    try:
        if path.is_dir():
            for file in sorted(path.rglob("*.json")):
                yield str(file), file.read_bytes()
            return
        with path.open("rb") as stream:
            if stream.peek(4)[:4] == b"PAR1":
                cure = "read_parquet(FILE).to_json(OTHER, orient='records', lines=True)"
                cure = f"make JSON lines of it, with pandas: {cure}"
                raise ValueError(f"task.path = {str(path)!r} is a parquet file: {cure}")
            for number, line in enumerate(stream, start=1):
                yield f"{path}, line {number}", line
    except OSError as error:
        cure = "give the path of a file of JSON lines, or of a folder of JSON files"
        raise ValueError(
            f"task.path = {str(path)!r} can't be read ({error.strerror}): {cure}"
        ) from error
