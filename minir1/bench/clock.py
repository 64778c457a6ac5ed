"""Measuring two sides fairly: in one process, turn by turn, with two clocks.

Wall seconds are what a person waits. CPU seconds (user and system, all threads) are what the
work costs; they hardly change when other programs are busy on the same machine.

Turn by turn means A B A B A B and not A A A B B B: a machine that gets slower in the middle
is then slow for both. The first turn of each side warms up and is thrown away.
"""

import resource
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Repeat = dict[str, float]
"""One measurement: seconds, cpu_seconds, and what the side says that it did."""
Side = Callable[[], Mapping[str, float]]
"""Does the work once and returns counts, such as {"tokens": 16384}."""


def now() -> tuple[float, float]:
    """Wall seconds and CPU seconds so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), used.ru_utime + used.ru_stime


def cpu_seconds() -> float:
    """CPU seconds so far: here, in children that live, in children that are gone."""
    import psutil

    total = 0.0
    for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        used = resource.getrusage(whose)
        total += used.ru_utime + used.ru_stime
    for child in psutil.Process().children(recursive=True):
        times = child.cpu_times()
        total += times.user + times.system
    return total


def timed(side: Side) -> Repeat:
    """Do the work once, on both clocks."""
    wall, cpu = now()
    counts = side()
    wall_after, cpu_after = now()
    return {"seconds": wall_after - wall, "cpu_seconds": cpu_after - cpu, **counts}


def alternate(sides: Mapping[str, Side], repeats: int) -> dict[str, list[Repeat]]:
    """Measure all sides `repeats` times, turn by turn.

    >>> measured = alternate({"a": lambda: {"tokens": 2}, "b": lambda: {"tokens": 3}}, repeats=2)
    >>> [[one["tokens"] for one in repeats] for repeats in measured.values()]
    [[2, 2], [3, 3]]
    """
    measured: dict[str, list[Repeat]] = {name: [] for name in sides}
    for turn in range(repeats + 1):
        for name, side in sides.items():
            one = timed(side)
            if turn:
                measured[name].append(one)
    return measured


@dataclass(slots=True)
class Ticks:
    """The clocks at the end of each step of a training loop, and when the loop should stop."""

    steps: int
    minutes: float = float("inf")
    rows: list[Repeat] = field(default_factory=list)
    started: tuple[float, float] = field(default_factory=now)

    def start(self) -> None:
        """The loop begins now: what was built before it doesn't count."""
        self.started = now()

    def tick(self, **measured: float) -> bool:
        """One step is done. Whether to do another one."""
        wall, cpu = (after - before for after, before in zip(now(), self.started, strict=True))
        self.rows.append({"seconds": wall, "cpu_seconds": cpu, **measured})
        return len(self.rows) < self.steps and wall < 60 * self.minutes

    def each_step(self) -> list[Repeat]:
        """What each step took, the first one left out: it warms up."""
        pairs = zip(self.rows, self.rows[1:], strict=False)
        clocks = ("seconds", "cpu_seconds")
        return [
            after | {name: after[name] - before[name] for name in clocks} for before, after in pairs
        ]


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Median, lowest and highest.

    >>> spread([3.0, 1.0, 2.0])
    (2.0, 1.0, 3.0)
    """
    return statistics.median(values), min(values), max(values)


def ratios(
    ours: Sequence[Mapping[str, Any]],
    theirs: Sequence[Mapping[str, Any]],
    value: Callable[[Mapping[str, Any]], float],
) -> list[float]:
    """theirs / ours of each turn; both sides of a ratio met the same machine."""
    return [value(b) / value(a) for a, b in zip(ours, theirs, strict=True)]
