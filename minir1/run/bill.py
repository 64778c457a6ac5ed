"""The bill of a folder of runs: what all of them cost, the failed and the swept ones too.

    energy = core-hours * watts a core         rupiah = dollars * rate

Energy is an estimate: nothing on a laptop meters a single process. The watts a core and the
rate of exchange are stated beside every sum, and both are options of `minir1 ledger`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minir1.run.ledger import read_ledger, total

LEDGER = "ledger.jsonl"


@dataclass(frozen=True, slots=True)
class Rates:
    """What turns hours into energy and dollars into rupiah."""

    watts_a_core: int | float = 5.0
    """A busy core of a server with its share of memory: 280 W over 64 cores, and a little more."""
    rupiah_a_dollar: int | float = 16_500.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if not value > 0:
                raise ValueError(f"{name} = {value!r} can't be used: use a number above 0")


def find_ledgers(folder: Path) -> list[Path]:
    """Every ledger in a run's folder, or in any run below it."""
    found = sorted(Path(folder).rglob(LEDGER))
    if not found:
        raise ValueError(
            f"{folder} holds no {LEDGER}: name a run's folder, or a folder of runs "
            "(`minir1 run smoke` makes runs/smoke)"
        )
    return found


def priced(rows: Sequence[dict[str, Any]], rates: Rates) -> dict[str, int | float]:
    """The sums of some ledger rows, with energy and rupiah.

    >>> from minir1.run.ledger import SUMS
    >>> row = dict.fromkeys(SUMS, 0.0) | {"core_hours": 2.0, "dollars": 1.0}
    >>> priced([row], Rates(watts_a_core=500, rupiah_a_dollar=16_000))["kilowatt_hours"]
    1.0
    """
    sums = total(rows)
    return sums | {
        "kilowatt_hours": sums["core_hours"] * rates.watts_a_core / 1000,
        "rupiah": sums["dollars"] * rates.rupiah_a_dollar,
    }


def bill(folder: Path, rates: Rates) -> list[dict[str, Any]]:
    """One row a run, one for what did not finish, and one for everything together."""
    runs = {path.parent: read_ledger(path) for path in find_ledgers(folder)}
    everything = [row for rows in runs.values() for row in rows]
    unfinished = [row for row in everything if row["status"] != "finished"]
    lines = [{"run": _name(run, folder), **priced(rows, rates)} for run, rows in runs.items()]
    lines.append({"run": "of it, not finished", **priced(unfinished, rates)})
    lines.append({"run": "total", **priced(everything, rates)})
    return lines


def _name(run: Path, folder: Path) -> str:
    inside = run.relative_to(folder)
    return run.resolve().name if inside == Path() else inside.as_posix()
