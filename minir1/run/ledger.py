"""What a run costs: one row a stage in `ledger.jsonl`.

    with Ledger(run_dir, dollars_per_hour=0.08).stage("zero", describe()) as work:
        ...
        work.tokens_sampled += 20_480
        work.record("running")      # beside each checkpoint: a killed run is counted too

Work that failed or was stopped is written down like work that succeeded. It was paid
for, and a price that leaves it out is not what the result cost.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from minir1.run.jsonl import Row, append_row, read_rows

Status = Literal["running", "finished", "interrupted", "failed"]
SUMS = (
    "seconds",
    "core_hours",
    "tokens_trained",
    "tokens_sampled",
    "flops",
    "dollars",
)
"""What can be added up over the stages of a run."""


@dataclass(kw_only=True, slots=True)
class Work:
    """The work of one stage while it is done. Add to its counts as you go."""

    path: Path
    stage: str
    dollars_per_hour: float
    device: dict[str, Any]
    tokens_trained: int = 0
    tokens_sampled: int = 0
    flops: float = 0.0
    interrupted: bool = False
    """Set it when the stage leaves early because it was asked to."""
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    _start: float = field(default_factory=lambda: time.perf_counter())

    def record(self, status: Status) -> None:
        """Append what was done so far. A later row of the same work takes its place."""
        seconds = time.perf_counter() - self._start
        row = asdict(self)
        for name in ("path", "interrupted", "_start"):
            del row[name]
        hours = seconds / 3600
        row |= {
            "status": status,
            "ended": datetime.now(UTC).isoformat(),
            "seconds": seconds,
            "core_hours": hours * self.device.get("cores", 1),
            "dollars": hours * self.dollars_per_hour,
        }
        append_row(self.path, row)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger of one run, at the stated price of its machine."""

    run_dir: Path
    dollars_per_hour: float

    @contextmanager
    def stage(self, name: str, device: dict[str, Any]) -> Iterator[Work]:
        """Time one stage, and append its row however it ends."""
        path = Path(self.run_dir) / "ledger.jsonl"
        price = float(self.dollars_per_hour)
        work = Work(path=path, stage=name, dollars_per_hour=price, device=device)
        status: Status = "failed"
        try:
            yield work
            status = "interrupted" if work.interrupted else "finished"
        except KeyboardInterrupt:
            status = "interrupted"
            raise
        finally:
            work.record(status)


def read_ledger(path: Path) -> list[Row]:
    """The rows of a ledger, the last one of each piece of work. `path`: the file or its run."""
    path = Path(path)
    path = path / "ledger.jsonl" if path.is_dir() else path
    rows: dict[tuple[Any, Any], Row] = {}
    for number, (_, row) in enumerate(read_rows(path), start=1):
        missing = [name for name in ("stage", "started", "status", *SUMS) if name not in row]
        if missing:
            raise ValueError(f"{path}, line {number}: the row has no {missing[0]!r}")
        rows[row["stage"], row["started"]] = row
    return list(rows.values())


def total(rows: Iterable[Row]) -> dict[str, int | float]:
    """The sums over all rows.

    >>> row = {"seconds": 30.0, "core_hours": 0.5, "tokens_trained": 2, "tokens_sampled": 0,
    ...        "flops": 1e9, "dollars": 0.25}
    >>> total([row, row])["dollars"]
    0.5
    """
    rows = list(rows)
    return {name: sum(row[name] for row in rows) for name in SUMS}
