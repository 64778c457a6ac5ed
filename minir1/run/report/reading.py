"""The files of a run, read into one value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from minir1.config import Config
from minir1.run.evaluated import read_evaluation
from minir1.run.home import CONFIG, read_config
from minir1.run.jsonl import Row
from minir1.run.ledger import read_ledger
from minir1.run.metrics import read_metrics
from minir1.run.models import STAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run has left so far. Any part but the config may still be absent."""

    folder: Path
    config: Config
    metrics: list[Row]
    evaluations: dict[str, Row]
    ledger: list[Row]

    def series(self, stage: str, name: str) -> tuple[np.ndarray, np.ndarray]:
        """The steps at which a metric has a value, and its values."""
        pairs = [
            (row["step"], row[name])
            for row in self.metrics
            if row["stage"] == stage and isinstance(row.get(name), int | float)
        ]
        steps, values = zip(*pairs, strict=True) if pairs else ((), ())
        return np.array(steps, dtype=float), np.array(values, dtype=float)

    def on_the_way(self) -> list[Row]:
        """The held-out evaluations along RL, by step: the base, the small ones, the final one."""
        small = [one for name, one in self.evaluations.items() if name.startswith("step-")]
        small.sort(key=lambda one: one["step"])
        ends = [self.evaluations.get(name) for name in ("base", "final")]
        return [
            one | {"step": step}
            for step, one in [
                (0, ends[0]),
                *((one["step"], one) for one in small),
                (self.last_step("zero"), ends[1]),
            ]
            if one is not None
        ]

    @property
    def is_pipeline(self) -> bool:
        """Whether it went through stages that a run of base and RL has not."""
        return any(row["stage"] not in STAGES for row in self.metrics)

    def last_step(self, stage: str) -> int:
        """The last step in the diary; 0 before the stage has begun."""
        return max((row["step"] for row in self.metrics if row["stage"] == stage), default=0)


def read_run(folder: Path) -> Run:
    """Read a run's folder. A ValueError names the file that can't be used."""
    if not (folder / CONFIG).is_file():
        raise ValueError(f"{folder} is not a run: it holds no {CONFIG}")
    metrics, ledger = folder / "metrics.jsonl", folder / "ledger.jsonl"
    return Run(
        folder=folder,
        config=read_config(folder),
        metrics=read_metrics(metrics) if metrics.exists() else [],
        evaluations={
            path.stem: read_evaluation(path) for path in sorted((folder / "eval").glob("*.json"))
        },
        ledger=read_ledger(ledger) if ledger.exists() else [],
    )
