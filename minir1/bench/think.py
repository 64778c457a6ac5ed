"""Test-time compute of one run, kept as a row: what `minir1 think` measures, on more questions.

python -m minir1.bench think laptop --save
python -m minir1.bench think laptop --checkpoint pretrain-004500 --save
python -m minir1.bench think pipeline --save
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tyro

from minir1.bench.cells import heading, line
from minir1.bench.rows import Row, latest, read, row
from minir1.run.home import find_run, read_config
from minir1.stages.asked import ON, STOP, Dials
from minir1.stages.think import ACCURACY, ONE, think

HEAD = ("way", "tokens", "$ for a million questions", "worth", "gain", "over a vote at this cost")


def main(
    run: tyro.conf.Positional[str] = "laptop",
    checkpoint: str | None = None,
    problems: int = 200,
    samples: int = 16,
) -> list[Row]:
    """Votes, picks and budgets of a finished run, against tokens and money.

    Args:
        run: the run's folder, or its name in runs/
        checkpoint: a folder in the run's checkpoints/; the last one if not given
        problems: how many held-out problems
        samples: completions a problem
    """
    folder = find_run(run)
    found = think(folder, Dials(problems=problems, samples=samples), checkpoint)
    case = f"{folder.name} {found['stage']}-{found['step']:06d}"
    return [row("think", case, read_config(folder), **{**found, "run": folder.name})]


def measured(case: str) -> Row:
    """The newest row of a case that was saved, such as "laptop zero-000080"."""
    rows = [one for one in latest(read()) if one["bench"] == "think" and one["case"] == case]
    if not rows:
        raise ValueError(
            f"there is no row of {case!r} yet: python -m minir1.bench think "
            f"{case.split()[0]} --checkpoint {case.split()[-1]} --save"
        )
    return rows[-1]


def label(point: Mapping[str, Any]) -> str:
    """A way and its dial in words.

    >>> label({"way": "stopped at", "n": 0.25}), label({"way": "majority vote", "n": 4})
    ('stopped at 25%', 'majority vote of 4')
    """
    way, n = point["way"], point["n"]
    if way == ONE:
        return way
    if way == STOP:
        return f"{way} {n:.0%}"
    return f"{way} {n} x" if way == ON else f"{way} of {n}"


def cells(point: Mapping[str, Any]) -> tuple[str, ...]:
    """A point as the cells under `HEAD`; shares as percent, tastes as they are."""
    share = point["what"] == ACCURACY
    scale, digits = (100, 0) if share else (1, 2)

    def text(interval: Mapping[str, float] | None, sign: str) -> str:
        if interval is None:
            return "-"
        value, low, high = (scale * interval[name] for name in ("value", "low", "high"))
        unit = "%" if share and not sign else ""
        return f"{value:{sign}.{digits}f}{unit} ({low:{sign}.{digits}f} to {high:{sign}.{digits}f})"

    return (
        label(point),
        f"{point['tokens']:,.0f}",
        f"{1e6 * point['dollars']:.2g}",
        text(point["worth"], ""),
        text(point["gain"], "+"),
        text(point["over_vote"], "+"),
    )


def think_table(rows: Sequence[Row]) -> list[str]:
    """A line for each point of each run."""
    lines = heading("run", *HEAD)
    for one in rows:
        lines += [line(one["case"], *cells(point)) for point in one["points"]]
    return lines
