"""The diary of a run: one JSON line a step in `metrics.jsonl`, and TensorBoard beside it.

    {"stage": "zero", "step": 12, "reward": 0.41, "time/step": 3.2}

Python writes the shortest text that reads back as the same float, so the file is exact.
That lets a test ask the hardest question about a resumed run: is its diary equal to that
of a run that was never stopped? Only the clock may differ, and every metric that depends
on a clock is named `time/...`.

When a run is killed, the diary may be ahead of the last checkpoint. `rewind` takes back
the rows that the resumed run will write again.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from minir1.run.jsonl import Row, append_row, is_number, read_placed, take_back

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

Number = int | float | None


class MetricsLog:
    """Appends rows to `run_dir/metrics.jsonl` and, where asked, scalars to `run_dir/tb/`."""

    def __init__(self, run_dir: Path, tensorboard: bool = True) -> None:
        self.path = Path(run_dir) / "metrics.jsonl"
        self._tensorboard = tensorboard
        self._writers: dict[str, SummaryWriter] = {}
        self._first_step: dict[str, int] = {}

    def write(self, stage: str, step: int, metrics: Mapping[str, Number]) -> None:
        """Append one row. A value that is not finite is written as null, as JSON demands."""
        finite = {
            name: value if value is None or math.isfinite(value) else None
            for name, value in metrics.items()
        }
        append_row(self.path, {"stage": stage, "step": step, **finite})
        if self._tensorboard:
            writer = self._writer(stage)
            for name, value in finite.items():
                if value is not None:
                    writer.add_scalar(name, value, step)

    def rewind(self, stage: str, step: int, later: Sequence[str] = ()) -> None:
        """Take back the rows, and the TensorBoard steps, that a resumed run will write again."""
        self.close()
        take_back(self.path, stage, step, later)
        self._first_step[stage] = step + 1
        for name in later:
            self._first_step[name] = 0
            shutil.rmtree(self.path.parent / "tb" / name, ignore_errors=True)

    def close(self) -> None:
        """Flush TensorBoard's files."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def __enter__(self) -> MetricsLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _writer(self, stage: str) -> SummaryWriter:
        """One TensorBoard run a stage; after a rewind it hides the steps that were taken back."""
        if stage not in self._writers:
            from torch.utils.tensorboard import SummaryWriter  # slow to import: only when used

            folder = self.path.parent / "tb" / stage
            self._writers[stage] = SummaryWriter(
                str(folder), purge_step=self._first_step.get(stage)
            )
        return self._writers[stage]


def read_metrics(path: Path) -> list[Row]:
    """All whole rows of a diary. A last line still being written is left out.

    `path` is the file, or the run's folder.
    """
    path = Path(path)
    path = path / "metrics.jsonl" if path.is_dir() else path
    rows = [row for _, row in read_placed(path)]
    for number, row in enumerate(rows, start=1):
        for name, value in row.items():
            if name != "stage" and value is not None and not is_number(value):
                raise ValueError(f"{path}, line {number}: {name} = {value!r} is no number")
    return rows


def without_clocks(row: Mapping[str, object]) -> Row:
    """The row without the metrics that depend on a clock, or on how a step's work was cut up.

    >>> without_clocks({"stage": "zero", "step": 1, "reward": 0.5, "time/step": 2.25})
    {'stage': 'zero', 'step': 1, 'reward': 0.5}
    """
    return {name: value for name, value in row.items() if not name.startswith(("time/", "padding"))}
