"""Saved rows as Markdown tables; nothing here is typed by hand.

A ratio is the median over turns of theirs / ours within the same turn.
"""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from minir1.bench import race
from minir1.bench.cells import cell, heading, line, number
from minir1.bench.clock import ratios
from minir1.bench.rows import Row, latest
from minir1.bench.student import student_table
from minir1.bench.think import think_table

OURS = "minir1"
LEVELS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
"""Rewards whose time is asked for in a race."""


def tables(rows: Iterable[Row]) -> str:
    """One section a benchmark and machine, with how it was measured under its table."""
    sections: dict[tuple[str, str], list[Row]] = {}
    for one in latest(rows):
        sections.setdefault((one["bench"], where(one)), []).append(one)
    texts = []
    for (bench, machine), mine in sections.items():
        lines = TABLES[bench](mine)
        texts.append("\n".join([f"**{bench}**: {machine}", "", *lines, "", *footnotes(mine)]))
    return "\n\n".join(texts) if texts else "No benchmark is saved yet: run one with --save."


def where(one: Mapping[str, Any]) -> str:
    """The machine and the versions, in a line."""
    device, versions = one["device"], one["versions"]
    others = [f"{name} {number}" for name, number in versions.items() if name != OURS]
    return ", ".join(
        [
            device["processor"],
            f"{device['cores']} cores",
            f"{device['threads']} threads",
            f"torch {device['torch']}",
            *others,
        ]
    )


def footnotes(rows: Sequence[Row]) -> list[str]:
    """The commands, and a warning where the machine was busy with something else."""
    lines = dict.fromkeys(
        f"`{one['command']}` ({one['date']}, recipe `{one['recipe']}` {one['recipe_hash']})"
        for one in rows
    )
    busy = max(one["load"] for one in rows)
    if busy > rows[0]["device"]["threads"] + 1:
        lines[
            f"The machine was busy with other work, too (load {busy:g}): read the CPU columns."
        ] = None
    return list(lines)


def against(
    sides: Mapping[str, Any], name: str, value: Callable[[Mapping[str, Any]], float]
) -> str:
    """How many times cheaper ours is than this side."""
    if name == OURS:
        return "1"
    turns = ratios(sides[OURS]["repeats"], sides[name]["repeats"], value)
    return f"**{statistics.median(turns):.1f}**"


def per_token(clock: str) -> Callable[[Mapping[str, Any]], float]:
    """Seconds a token on one of the two clocks."""
    return lambda turn: turn[clock] / turn["tokens"]


def sampler_table(rows: Sequence[Row]) -> list[str]:
    """Tokens a second of every side."""
    head = ("case", "side", "tokens/s", "ours is faster", "tokens/CPU-s", "ours is cheaper")
    lines = heading(*head)
    for one in rows:
        for name, side in one["sides"].items():
            if "error" in side:
                lines.append(line(one["case"], name, f"fails: {side['error']}", "", "", ""))
                continue
            cells = []
            for clock in ("seconds", "cpu_seconds"):
                speed = [turn["tokens"] / turn[clock] for turn in side["repeats"]]
                cells += [cell(speed), against(one["sides"], name, per_token(clock))]
            lines.append(line(one["case"], name, *cells))
    return lines


def step_table(rows: Sequence[Row]) -> list[str]:
    """Seconds of one GRPO step of every side."""
    lines = heading("side", "CPU-s a step", "ours is cheaper", "s a step", "ours is faster")
    for one in rows:
        for name, side in one["sides"].items():
            cells = []
            for clock in ("cpu_seconds", "seconds"):
                cells.append(cell([turn[clock] for turn in side["repeats"]]))
                cells.append(against(one["sides"], name, lambda turn, clock=clock: turn[clock]))
            lines.append(line(name, *cells))
    return lines


def race_table(rows: Sequence[Row]) -> list[str]:
    """When each side first held a reward, in CPU seconds."""
    names = list(rows[-1]["sides"])
    lines = heading("reward, mean of 5 steps", *(f"{name}, CPU-s" for name in names), "ratio")
    curves = [side["curve"] for side in rows[-1]["sides"].values()]
    for level in LEVELS:
        times = [race.reached(curve, level) for curve in curves]
        if times[0] is None:
            break
        cells = [
            f"not in {number(curve[-1]['cpu_seconds'])}" if time is None else number(time)
            for time, curve in zip(times, curves, strict=True)
        ]
        ratio = "" if times[1] is None else f"**{times[1] / times[0]:.1f}**"
        lines.append(line(f"{level:g}", *cells, ratio))
    return lines


def cost_table(rows: Sequence[Row]) -> list[str]:
    """Milliseconds of a training step and of a decode step, by size."""
    lines = heading("size", "parameters", "training step, ms", "decode step, ms")
    for one in rows:
        sides, count = one["sides"], one["settings"]["parameters"]
        train = [1e3 * turn["seconds"] for turn in sides["train"]["repeats"]]
        decode = [1e3 * turn["seconds"] / turn["steps"] for turn in sides["decode"]["repeats"]]
        lines.append(line(one["case"], f"{count:,}", cell(train), cell(decode)))
    return lines


def verdicts_table(rows: Sequence[Row]) -> list[str]:
    """Verdicts of each verifier; for hostile answers and hangs, what they do to the others."""
    lines = heading("case", "verdicts/s", "verdicts/CPU-s", "what else")
    for one in rows:
        turns, cells = one["sides"][OURS]["repeats"], ["", ""]
        what = f"{number(turns[0].get('right', 0.0))} of {number(turns[0]['verdicts'])} right"
        if "asked" in turns[0]:
            asked, paid = (sum(turn[name] for turn in turns) for name in ("asked", "right"))
            count = sum(turn["verdicts"] for turn in turns)
            what = f"{1 - asked / count:.2%} turned away before a worker, {paid:g} paid"
        if "late" in turns[0]:
            waits = [turn["seconds"] for turn in turns]
            what = f"the others waited {cell(waits)} s at most"
        else:
            clocks = ("seconds", "cpu_seconds")
            cells = [cell([t["verdicts"] / t[clock] for t in turns]) for clock in clocks]
        lines.append(line(one["case"], *cells, what))
    return lines


TABLES: dict[str, Callable[[Sequence[Row]], list[str]]] = {
    "sampler": sampler_table,
    "sampler_real": sampler_table,
    "grpo_step": step_table,
    "race": race_table,
    "cost": cost_table,
    "verifiers_speed": verdicts_table,
    "think": think_table,
    "student": student_table,
}
