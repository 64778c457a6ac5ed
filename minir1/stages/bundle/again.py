"""A published run, run again: do its figures hold?

    same device and versions    every figure, curve and transcript equal to the last bit
    any other                   every figure within the interval that was published

The interval redraws problems. Another machine rounds otherwise, and RL goes another way from
there, as with another seed: an interval over problems promises nothing about that. So "within"
is a weaker word than "equal", and the sentence says which one it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from minir1.run.distributed import SOLO, World
from minir1.run.jsonl import Row
from minir1.stages import job
from minir1.stages.bundle.making import MACHINE, make
from minir1.stages.bundle.shape import Bundle, config_of, name_of

EQUAL, WITHIN, OFF = "equal", "within", "off"


def again(bundle: Bundle, out: Path, world: World = SOLO) -> dict[str, Any]:
    """Run it again in `out`, or go on where that was stopped, and compare."""
    config = config_of(bundle)
    job.run(config, out, world)
    return compare(bundle, world.once(lambda: make(out)))


def machine(bundle: Bundle) -> dict[str, Any]:
    """What decides the last bits."""
    device, versions = bundle.head["device"], bundle.head["versions"]
    return {name: device.get(name) for name in MACHINE} | {"numpy": versions.get("numpy")}


def compare(said: Bundle, found: Bundle) -> dict[str, Any]:
    """Figure by figure: what was published, and what came out."""
    there, here = machine(said), machine(found)
    other = [name for name in there if there[name] != here[name]]
    rows = [
        _figure(name, figure, found.head["figures"].get(name))
        for name, figure in said.head["figures"].items()
    ]
    parts = {
        "data": said.head["data"] == found.head["data"],
        "curves": first_other(said.curves, found.curves),
        **{name: first_other(said.rows[name], found.rows[name]) for name in said.rows},
    }
    wanted = (EQUAL, WITHIN) if other else (EQUAL,)
    holds = parts["data"] and bool(rows) and all(row["how"] in wanted for row in rows)
    if not other:  # the rows behind the figures must be the same, too
        holds = holds and all(parts[name] is None for name in ("curves", *said.rows))
    found_all = {"bundle": name_of(said), "again": name_of(found), "other": other, "holds": holds}
    return found_all | {"figures": rows, **parts, "sentence": sentence(rows, parts, other, holds)}


def _figure(name: str, said: dict[str, float], found: dict[str, float] | None) -> Row:
    if found is None:
        return {"figure": name, "said": said, "found": None, "how": OFF}
    how = (
        EQUAL if found == said else WITHIN if said["low"] <= found["value"] <= said["high"] else OFF
    )
    return {"figure": name, "said": said, "found": found["value"], "how": how}


def first_other(said: list[Row], found: list[Row]) -> int | None:
    """The number of the first row that differs; None if all are equal.

    >>> first_other([{"a": 1}], [{"a": 1}]), first_other([{"a": 1}, {"a": 2}], [{"a": 1}])
    (None, 2)
    """
    for number, (a, b) in enumerate(zip(said, found, strict=False), start=1):
        if a != b:
            return number
    return None if len(said) == len(found) else min(len(said), len(found)) + 1


def sentence(rows: list[Row], parts: dict[str, Any], other: list[str], holds: bool) -> str:
    """Whether the figures hold, in one sentence."""
    counts = {how: sum(row["how"] == how for row in rows) for how in (EQUAL, WITHIN, OFF)}
    where = f"other {', '.join(other)}" if other else "the same device and versions"
    if holds and not other:
        return f"The figures hold: all {len(rows)} are equal to the last bit, on {where}."
    if holds:
        told = f"{counts[EQUAL]} are equal, {counts[WITHIN]} within their intervals"
        return f"The figures hold: of {len(rows)}, {told}, with {where}."
    if not parts["data"]:
        return "The figures don't hold: they are of other training data than their config gives."
    off = [row["figure"] for row in rows if row["how"] == OFF]
    if off:
        return f"The figures don't hold: {', '.join(off)} came out otherwise, on {where}."
    odd = [name for name, first in parts.items() if name != "data" and first is not None]
    named = [row["figure"] for row in rows if row["how"] != EQUAL] or odd
    return f"The figures don't hold: {', '.join(named)} should be equal to the last bit on {where}."
