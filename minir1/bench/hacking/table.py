"""The rows of the hacking runs that were kept, and the table of what changed over RL."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from minir1.bench.cells import heading, line
from minir1.bench.hacking.arms import ARMS, config_of
from minir1.run import stats
from minir1.run.home import RESULTS
from minir1.run.jsonl import rows_in

ROWS = RESULTS / "hacking.jsonl"
WINDOW = 10
"""Steps over which the beginning and the end of a curve are means."""
Row = dict[str, Any]


def current(rows: Sequence[Row]) -> list[Row]:
    """The rows whose arm is still what it was when it was measured; arms in their order."""
    known = {(arm.task, arm.name): config_of(arm, 0).hash() for arm in ARMS}
    order = list(known)
    kept = [row for row in rows if known.get((row["task"], row["arm"])) == row["config_hash"]]
    return sorted(kept, key=lambda row: (order.index((row["task"], row["arm"])), row["seed"]))


def read_results(path: Path = ROWS) -> list[Row]:
    """All rows that were kept."""
    return rows_in(path)


def ends(row: Row, name: str) -> tuple[float, float]:
    """The mean of a curve's first and of its last steps."""
    curve = row["curve"][name]
    return statistics.fmean(curve[:WINDOW]), statistics.fmean(curve[-WINDOW:])


def change(rows: Sequence[Row], name: str) -> str:
    """Before, after, and the change with its interval over the seeds."""
    before, after = zip(*(ends(row, name) for row in rows), strict=True)
    text = f"{statistics.fmean(before):.2f} to {statistics.fmean(after):.2f}"
    if len(rows) < 2:
        return text
    return f"{text}, {stats.seed_difference(before, after).interval:+.2f}"


def table(rows: Sequence[Row]) -> str:
    """Each arm: how what is paid, what was meant and the hack changed over RL."""
    names = ("proxy", "meant", "hack")
    lines = heading("task", "arm", "seeds", *names)
    for arm in ARMS:
        mine = [row for row in rows if (row["task"], row["arm"]) == (arm.task, arm.name)]
        if mine:
            changes = (change(mine, name) for name in names)
            lines.append(line(arm.task, arm.says, str(len(mine)), *changes))
    return "\n".join(lines)
