"""What every benchmark writes down: one JSON line a case, with both sides and all repeats.

A row says what was measured, on which machine, with which versions, recipe and command.
Nothing in it is a mean: medians, spreads and ratios are computed from the repeats when a
table or a plot is made. `load` is the machine's load average at the end of the measurement:
well above the threads that were used, somebody else was busy there too, and the row is noisy.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from minir1 import __version__, recipes
from minir1.config import Config
from minir1.run.device import describe
from minir1.run.home import RESULTS
from minir1.run.jsonl import append_row, rows_in

ROWS = RESULTS / "bench.jsonl"
OTHERS = ("transformers", "trl", "accelerate")

Row = dict[str, Any]


def row(bench: str, case: str, config: Config, **measured: Any) -> Row:
    """One case of a benchmark, with everything that a reader needs to repeat it."""
    return {
        "bench": bench,
        "case": case,
        "command": " ".join(["python -m minir1.bench", *sys.argv[1:]]),
        "date": datetime.now(UTC).date().isoformat(),
        "recipe": config.name,
        "recipe_hash": config.hash(),
        "device": describe("cpu"),
        "load": round(os.getloadavg()[0], 2),
        "versions": {"minir1": __version__, **versions(OTHERS)},
        **measured,
    }


def versions(packages: Iterable[str]) -> dict[str, str]:
    """The versions of those packages that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def save(rows: Iterable[Row], path: Path = ROWS) -> None:
    """Append the rows to the project's results."""
    for one in rows:
        append_row(path, one)


def read(path: Path = ROWS) -> list[Row]:
    """All rows that were saved; none if nothing was."""
    return rows_in(path)


def current(rows: Iterable[Row], recipe: str = "") -> list[Row]:
    """The rows whose recipe is still what it was when they were measured; of all, or of one."""
    hashes = {name: make().hash() for name, make in recipes.RECIPES.items()}
    names = [recipe] if recipe else list(hashes)
    kept = [one for one in rows if one["recipe"] in names]
    return sorted(
        (one for one in kept if one["recipe_hash"] == hashes[one["recipe"]]),
        key=lambda one: (names.index(one["recipe"]), one["seed"]),
    )


def latest(rows: Iterable[Row]) -> list[Row]:
    """For each benchmark, case, recipe, processor and number of threads, the newest row.

    >>> old = {"bench": "sampler", "case": "a", "recipe": "laptop", "n": 1,
    ...        "device": {"processor": "x", "threads": 1}}
    >>> [one["n"] for one in latest([old, {**old, "n": 2}])]
    [2]
    """
    newest: dict[tuple[Any, ...], Row] = {}
    for one in rows:
        newest[key(one)] = one
    return list(newest.values())


def key(one: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a newer row must share with an older one to replace it."""
    device = one["device"]
    return (one["bench"], one["case"], one["recipe"], device["processor"], device["threads"])
