"""What a run costs: one row a stage in `ledger.jsonl`.

    with Ledger(run_dir, "zero", config) as ledger:
        ...
        ledger.add(metrics)         # after each step

Work that failed or was stopped is written down like work that succeeded. It was paid
for, and a price that leaves it out is not what the result cost. So that a killed run is
counted too, a row "running" is appended once a minute; of the rows of one piece of work
(same stage, same start) the last one counts.

    FLOPs = 6 * A * tokens trained + 2 * A * tokens sampled

with A the parameters that one token activates (Kaplan et al. 2020, section 2.1). Tokens are those
that have a loss. Those of prompts, of replaced groups and of evaluations, and the reference's pass,
are in the seconds and the dollars and not in the FLOPs: a tenth of a toy's work, and most of it
where long prompts have short answers.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal

from minir1.config import Config
from minir1.run.jsonl import Row, append_row, is_number, read_rows

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
SECONDS_BETWEEN_ROWS = 60.0


class Ledger:
    """Counts the work of one stage while it is done. Enter it, add to it, leave it."""

    def __init__(
        self, run_dir: Path, stage: str, config: Config, active_parameters: int = 0
    ) -> None:
        from minir1.run.device import describe, pick_device  # torch: a reader does without

        self.path = Path(run_dir) / "ledger.jsonl"
        self.stage = stage
        self.price = config.dollars_per_hour
        self.device = describe(pick_device(config.device))
        self.active_parameters = active_parameters
        self.tokens_trained = self.tokens_sampled = 0
        self._status: Status = "finished"
        self._started = datetime.now(UTC).isoformat()
        self._start = self._written = time.perf_counter()

    def add(self, metrics: Mapping[str, float]) -> None:
        """Count one step. A step that has completions sampled its tokens before training."""
        tokens = int(metrics.get("num_tokens", 0))
        self.tokens_trained += tokens
        self.sampled(tokens if "completions/mean_length" in metrics else 0)

    def sampled(self, tokens: int) -> None:
        """Count completions that were written."""
        self.tokens_sampled += tokens
        if time.perf_counter() - self._written >= SECONDS_BETWEEN_ROWS:
            self.record("running")

    def interrupted(self) -> None:
        """Say that the stage leaves early because it was asked to."""
        self._status = "interrupted"

    def record(self, status: Status) -> None:
        """Append what was done so far."""
        self._written = time.perf_counter()
        seconds = self._written - self._start
        hours = seconds / 3600
        flops = self.active_parameters * (6 * self.tokens_trained + 2 * self.tokens_sampled)
        row = {
            "stage": self.stage,
            "status": status,
            "started": self._started,
            "ended": datetime.now(UTC).isoformat(),
            "seconds": seconds,
            "core_hours": hours * self.device["cores"],
            "tokens_trained": self.tokens_trained,
            "tokens_sampled": self.tokens_sampled,
            "flops": flops,
            "dollars": hours * self.price,
            "dollars_per_hour": self.price,
            "device": self.device,
        }
        append_row(self.path, row)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, KeyboardInterrupt):
            self.interrupted()
        asked = self._status == "interrupted"
        self.record("failed" if error is not None and not asked else self._status)


def read_ledger(path: Path) -> list[Row]:
    """The rows of a ledger, the last one of each piece of work. `path`: the file or its run."""
    path = Path(path)
    path = path / "ledger.jsonl" if path.is_dir() else path
    rows: dict[tuple[object, object], Row] = {}
    for number, (_, row) in enumerate(read_rows(path), start=1):
        missing = [name for name in ("stage", "started", "status", *SUMS) if name not in row]
        if missing:
            raise ValueError(f"{path}, line {number}: the row has no {missing[0]!r}")
        texts = {name: isinstance(row[name], str) for name in ("stage", "started", "status")}
        sound = texts | {name: is_number(row[name]) for name in SUMS}
        sound["device"] = isinstance(row.get("device", {}), dict)
        damaged = [name for name, whole in sound.items() if not whole]
        if damaged:
            name = damaged[0]
            raise ValueError(f"{path}, line {number}: {name} = {row[name]!r} can't be used")
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
