"""What the rules ask of a run's diary: a metric lately, at the start, and at its best.

A step of a small run is noisy: 256 rollouts give the reward a standard error of 3 points. So a
rule never looks at one step, but at the mean of a window. And a mean has an error:

    value +- 2 errors                   where it truly is: a level now, or a change since the start

"Too many are cut off" needs the whole interval above the limit, "it fell" all of it below zero. "It
does not rise" needs more than an interval that holds zero, which every short run has: all of it
must lie below a rise that is worth having.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from minir1.run.metrics import read_metrics

WINDOW = 8
"""Steps that are averaged."""
PATIENCE = 16
"""The same, where a rule says that something does *not* happen: that takes longer to see."""
SURE = 2.0
"""Standard errors on either side. A true value is outside of them in one case of twelve: the error
is known from eight steps only. (Known from many, it would be one of twenty.)"""
LUCKY = 4.0
"""The same for the best of many windows: some window is always lucky. So noise alone goes beyond
two or three errors too often."""
NOT_FINITE = "not_finite.json"
"""What a stage leaves when its loss or its gradient is no number: it stops before the diary."""


class Estimate(NamedTuple):
    """A level, or a change, and its standard error.

    >>> Estimate(0.5, 0.125).at_least, Estimate(0.5, 0.125).at_most
    (0.25, 0.75)
    """

    value: float
    error: float

    @property
    def at_least(self) -> float:
        """The lower end of the interval."""
        return self.value - SURE * self.error

    @property
    def at_most(self) -> float:
        """Its upper end."""
        return self.value + SURE * self.error


class Diary:
    """The rows of one RL stage, oldest first.

    >>> diary = Diary([{"reward": 0.0}, {"reward": 1.0}])
    >>> diary.late("reward"), diary.early("reward"), diary.late("kl") is None
    (0.5, 0.5, True)
    """

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.rows = list(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def values(self, name: str) -> list[float]:
        """The metric at every step that has it and is finite (a null was not)."""
        seen = [row.get(name) for row in self.rows]
        return [float(v) for v in seen if v is not None and math.isfinite(v)]

    def late(self, name: str) -> float | None:
        """Mean over the last steps; None if the run has no such metric."""
        return _mean(self.values(name)[-WINDOW:])

    def level(self, *names: str) -> Estimate | None:
        """The metric in the last window (the sum of several), and how sure that is."""
        steps = zip(*(self.values(name)[-WINDOW:] for name in names), strict=False)
        sums = [sum(values) for values in steps]
        if len(sums) < WINDOW:
            return None
        return Estimate(statistics.fmean(sums), statistics.stdev(sums) / math.sqrt(WINDOW))

    def early(self, name: str) -> float | None:
        """Mean over the first steps."""
        return _mean(self.values(name)[:WINDOW])

    def best(self, name: str) -> float | None:
        """The largest mean of any window."""
        return highest_window(self.values(name), WINDOW)

    def rise(self, name: str, window: int = WINDOW) -> Estimate | None:
        """How far the metric has risen from the first window to the last."""
        found = rise_of(self.values(name), window)
        return Estimate(*found) if found else None

    def flat(self, name: str, worth: float) -> Estimate | None:
        """Its rise, if it can't be told from none and is surely less than `worth`.

        None if it rises, if it may rise by more, or if it is too early.
        """
        rise = self.rise(name, PATIENCE)
        return rise if rise and rise.at_least <= 0 and rise.at_most < worth else None

    def fall(self, name: str) -> Estimate | None:
        """How far it is, in the last window, from its best one: a gain that is negative."""
        values = self.values(name)
        if len(values) < 2 * WINDOW:
            return None
        windows = (values[i : i + WINDOW] for i in range(len(values) - WINDOW + 1))
        best = max(windows, key=statistics.fmean)
        found = rise_of([*best, *values[-WINDOW:]], WINDOW)
        return Estimate(*found) if found else None

    def at_first(self, name: str) -> float | None:
        """The very first value: what the base did, before any update."""
        return next(iter(self.values(name)), None)

    def nulls(self) -> list[tuple[int, str]]:
        """(step, metric) of every value that was not finite when it was written."""
        return [
            (row.get("step", i + 1), name)
            for i, row in enumerate(self.rows)
            for name, value in row.items()
            if value is None
        ]


def highest_window(values: Sequence[float], window: int) -> float | None:
    """The highest mean of any `window` neighbours; of all values, if there are fewer.

    >>> highest_window([0.0, 1.0, 1.0, 0.0], 2), highest_window([0.25], 2), highest_window([], 2)
    (1.0, 0.25, None)
    """
    if not values:
        return None
    starts = range(max(1, len(values) - window + 1))
    return max(statistics.fmean(values[i : i + window]) for i in starts)


def rise_of(values: Sequence[float], window: int) -> tuple[float, float] | None:
    """Mean of the last window - mean of the first, and the standard error of that difference.

    The error comes from how much the steps inside each window differ: of each window it is
    sqrt(variance / window), and the squares of two independent errors add up. None if the two
    windows would overlap.

    >>> rise_of([0.0, 1.0, 1.0, 2.0], 2)
    (1.0, 0.7071067811865476)
    """
    if len(values) < 2 * window:
        return None
    first, last = values[:window], values[-window:]
    noise = (statistics.variance(first) + statistics.variance(last)) / window
    return statistics.fmean(last) - statistics.fmean(first), math.sqrt(noise)


def _mean(values: Sequence[float]) -> float | None:
    return statistics.fmean(values) if values else None


def read_diary(run: Path) -> list[dict[str, Any]]:
    """The diary of a run's folder, and the step at which it stopped for lack of a number."""
    diary, evidence = run / "metrics.jsonl", run / NOT_FINITE
    rows = read_metrics(diary) if diary.exists() else []
    if not evidence.exists():
        return rows
    try:
        stop = json.loads(evidence.read_text(encoding="utf-8"))
        stage, step = str(stop["stage"]), stop["step"] + 1
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{evidence} doesn't say where the run stopped: remove it") from error
    went_on = any(row["stage"] == stage and row["step"] >= step for row in rows)
    torn = {"stage": stage, "step": step, "loss": None, "reward": None}
    return rows if went_on else [*rows, torn]
