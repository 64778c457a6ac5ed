"""Saved rows as Markdown: the four numbers, each with its n and its 95% bound."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minir1.bench.cells import heading, line
from minir1.bench.verifiers.numbers import lower, upper

KINDS = ("right", "near", "crossed", "attacks")


def tables(rows: Iterable[dict[str, Any]]) -> str:
    """The newest row of each task, set, note and grader."""
    newest = {(r["task"], r["set"], kind(r), r["grader"]): r for r in rows}
    ordered = sorted(newest.values(), key=lambda r: (kind(r), r["task"], r["set"]))
    numbers = [row for row in ordered if row.get("numbers")]
    attackers = [row for row in newest.values() if "tries" in row]
    texts = []
    if numbers:
        texts.append("\n".join([*four_numbers(numbers), "", *footnotes(numbers)]))
    if attackers:
        texts.append("\n".join(attacker_table(attackers)))
    return "\n\n".join(texts) or "Nothing is saved yet: run with --save."


def four_numbers(rows: list[dict[str, Any]]) -> list[str]:
    """One line a verifier and set of cases."""
    head = ("task", "cases", "grader", "recall (at least)", "false positives (at most)",
            "crossed (at most)", "hack hits (at most)", "crashes, timeouts",
            "slowest attack, s", "left behind")  # fmt: skip
    lines = heading(*head)
    for row in rows:
        found = row["numbers"]
        cells = [rate(found.get(name), name == "right") for name in KINDS]
        lost = [sum(one["verdicts"].get(name, 0) for one in found.values())
                for name in ("CRASH", "TIMEOUT")]  # fmt: skip
        left = row.get("left_behind")
        behind = "" if left is None else str(sum(map(len, left.values())))
        note = f" ({kind(row)})" if kind(row) else ""
        # Another grader's time would hold the start of its process.
        slow = f"{found['attacks']['slowest_s']:.2f}" if left is not None else ""
        lines.append(line(row["task"], row["set"] + note, row["grader"], *cells,
                          f"{lost[0]}, {lost[1]}", slow, behind))  # fmt: skip
    return lines


def kind(row: dict[str, Any]) -> str:
    """What sets a row apart from others of its task and cases."""
    return row.get("note") or ("side by side" if "--against" in row["command"] else "")


def rate(one: dict[str, Any] | None, right: bool) -> str:
    """`accepted of n (bound)`.

    >>> rate({"n": 300, "accepted": 0}, right=False)
    '0 of 300 (1.0%)'
    """
    if one is None:
        return ""
    bound = (lower if right else upper)(one["accepted"], one["n"])
    return f"{one['accepted']} of {one['n']} ({bound:.1%})"


def attacker_table(rows: list[dict[str, Any]]) -> list[str]:
    """What a policy that was paid for holes has tried, and found."""
    lines = heading("task", "tries", "distinct", "wrong answers paid (at most)", "seconds")
    for row in rows:
        bound = upper(row["holes"], row["distinct"])
        lines.append(line(row["task"], f"{row['tries']:,}", f"{row['distinct']:,}",
                          f"{row['holes']} ({bound:.3%})", f"{row['seconds']:.0f}"))  # fmt: skip
    return lines


def footnotes(rows: list[dict[str, Any]]) -> list[str]:
    """Command, machine and versions of the rows, each once."""
    loads: dict[str, list[float]] = {}
    for row in rows:
        versions = ", ".join(f"{name} {number}" for name, number in row["versions"].items())
        about = f"`{row['command']}` ({row['date']}; {row['device']['processor']}; {versions}"
        loads.setdefault(about, []).append(row["load"])
    found = [f"{about}; load up to {max(load):g})" for about, load in loads.items()]
    levels = dict.fromkeys(f"code: {row['level']}" for row in rows if "level" in row)
    return [*found, *levels]
