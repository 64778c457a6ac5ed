"""The benchmark's rows as tables: time and spread, rate, share of the floor, and the other sides.

    | op | ms, median (range) | TFLOP/s | of the floor | their time / ours |

What failed, or is wrong, is said below its table. A ratio of two sides that compute different
things is marked: a peer may leave out part of a gradient, or be wrong at this size.
"""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import Any

from shapes import SHAPES

H100 = "NVIDIA H100 80GB HBM3"
"""The device whose rates the floors are reckoned with (shapes.py)."""
DIFFERENT = 0.05
"""In bf16, results that should be equal are a hundredth apart."""

Row = dict[str, Any]


def cells(row: Row) -> list[str]:
    """One line of a table: our time and spread, rate, share of the floor, and the other sides.

    >>> row = {"shape": "moonlight", "what": "up", "device": H100, "routing": "zipf",
    ...        "ms": {"minir1": [2.0, 1.9, 2.6], "torch": [4.0]}}
    >>> cells(row)
    ['up', '2.000 (1.900-2.600)', '567', '71%', '2.00 torch']
    >>> cells(row | {"differ": {"torch": 0.9}})[-1]
    '2.00 torch (not the same: 90% off)'
    """
    shape, times = SHAPES[row["shape"]], row["ms"]
    ours = median(times["minir1"])
    spread = f"{ours:.3f} ({min(times['minir1']):.3f}-{max(times['minir1']):.3f})"
    flops, floor_s = shape.flops().get(row["what"], 0.0), shape.floors_s()[row["what"]]
    # The floors are this H100's: another chip, and the H100 on a PCIe card, has others.
    share = f"{100e3 * floor_s / ours:.0f}%" if row["device"] == H100 else "-"
    others = [
        f"{median(ms) / ours:.2f} {side}{off(row, side)}"
        for side, ms in times.items()
        if side != "minir1"
    ]
    rate = f"{flops / ours / 1e9:.0f}" if flops else "-"
    return [row["what"], spread, rate, share, ", ".join(others)]


def off(row: Row, side: str) -> str:
    """What to say of a side whose results are not ours."""
    apart = row.get("differ", {}).get(side, 0.0)
    return "" if apart <= DIFFERENT else f" (not the same: {100 * apart:.0f}% off)"


def table(rows: Iterable[Row]) -> str:
    """One Markdown table a device, shape and routing; a ratio above 1 means that ours is faster."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["device"], row["shape"], row["routing"]), []).append(row)
    lines = []
    for (device, shape, routing), group in groups.items():
        lines += [f"\n{shape}, {routing} routing, on {device}", ""]
        lines += ["| op | ms, median (range) | TFLOP/s | of the floor | their time / ours |"]
        lines += ["|---|---|---|---|---|"]
        lines += ["| " + " | ".join(cells(row)) + " |" for row in group if timed(row)]
        lines += [f"\n{line}" for row in group for line in complaints(row)]
    return "\n".join(lines)


def timed(row: Row) -> bool:
    return "minir1" in row.get("ms", {})


def sound(row: Row) -> bool:
    """Whether our own kernels are right here, and ran."""
    return row.get("ok", True) and "minir1" not in row.get("failed", {})


def complaints(row: Row) -> list[str]:
    """A line for each thing that went wrong in a row."""
    lines = [f"{row['what']}: {side} failed: {why}" for side, why in row.get("failed", {}).items()]
    return lines if row.get("ok", True) else [*lines, wrong(row)]


def wrong(row: Row) -> str:
    """What to say of kernels that are off."""
    errors = ", ".join(
        f"{name} {ours:.2e} (torch {theirs:.2e})" for name, (ours, theirs) in row["errors"].items()
    )
    return (
        f"WRONG, so not timed. The same bits again: {row['again']}; in another batch: "
        f"{row['batch']}. Errors against float64: {errors}"
    )
