"""How fast the kernels are: against other people's, against torch, and against the chip.

    python kernels/bench.py                        every shape, on the GPU here (minutes)
    python kernels/bench.py --shape moonlight --routing zipf
    python kernels/bench.py --interpret            every line of this, on a CPU, at a tiny size
    python kernels/bench.py --save                 add the rows to results/bench.jsonl
    python kernels/bench.py --table                print what was saved

First the kernels must be right: against float64, each result and gradient may be 1.1 times as
far off as the plain torch layer in bf16 is, plus a unit in the last place. Only then are they
timed. A number is the median of rounds in which all sides took turns, so a ratio is of one run.
A row of results/bench.jsonl holds every round, the device and the versions.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import blocks

RESULTS = Path(__file__).parent / "results" / "bench.jsonl"

PACKAGES = ("torch", "triton", "liger-kernel", "cut-cross-entropy")
ROUTINGS = ("balanced", "zipf")
UNTIMED = "the interpreter's milliseconds say nothing about a GPU"

Row = dict[str, Any]


def about(interpret: bool) -> Row:
    """What every row says about where and with what it was taken."""
    from stopwatch import device_name

    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "absent"
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "command": " ".join(["python kernels/bench.py", *sys.argv[1:]]),
        "device": device_name(interpret),
        "versions": versions,
    }


def cells(row: Row) -> list[str]:
    """One line of a table: our time and spread, rate, share of the floor, and the other sides.

    >>> from shapes import SHAPES
    >>> row = {"shape": "moonlight", "what": "up", "device": "NVIDIA H100", "routing": "zipf",
    ...        "ms": {"minir1": [2.0, 1.9, 2.6], "torch": [4.0]}}
    >>> cells(row)
    ['up', '2.000 (1.900-2.600)', '567', '71%', '2.00 torch']
    """
    from shapes import SHAPES
    from stopwatch import median

    shape, times = SHAPES[row["shape"]], row["ms"]
    ours = median(times["minir1"])
    spread = f"{ours:.3f} ({min(times['minir1']):.3f}-{max(times['minir1']):.3f})"
    flops, floor_s = shape.flops().get(row["what"], 0.0), shape.floors_s()[row["what"]]
    # The floors are an H100's: another chip has others.
    share = f"{100e3 * floor_s / ours:.0f}%" if "H100" in row["device"] else "-"
    others = [f"{median(ms) / ours:.2f} {side}" for side, ms in times.items() if side != "minir1"]
    rate = f"{flops / ours / 1e9:.0f}" if flops else "-"
    return [row["what"], spread, rate, share, ", ".join(others)]


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
        lines += ["| " + " | ".join(cells(row)) + " |" for row in group if "ms" in row]
        lines += [wrong(row) for row in group if row["what"] == "correctness" and not row["ok"]]
    return "\n".join(lines)


def saved_tables() -> str:
    """Tables of all saved rows."""
    saved = RESULTS.read_text().splitlines() if RESULTS.exists() else []
    return table(map(json.loads, saved)) or blocks.NOT_YET


def wrong(row: Row) -> str:
    """What to say of kernels that are off."""
    errors = ", ".join(
        f"{name} {ours:.2e} (torch {theirs:.2e})" for name, (ours, theirs) in row["errors"].items()
    )
    return (
        f"WRONG, so not timed. The same bits again: {row['again']}; in another batch: "
        f"{row['batch']}. Errors against float64: {errors}"
    )


def run(args: argparse.Namespace) -> list[Row]:
    """Measure, and print each table as soon as it is whole."""
    import measure
    from shapes import SHAPES
    from sides import missing

    for line in missing():
        print(line)
    rows: list[Row] = []
    where = about(args.interpret)
    for name in args.shape or (["tiny"] if args.interpret else [s for s in SHAPES if s != "tiny"]):
        found = measure.measure(SHAPES[name], args.routing, args.rounds, args.interpret)
        mine = [{"shape": name, **row, **where} for row in found]
        print(table(mine), flush=True)
        rows += mine
    return rows


def main(words: list[str] | None = None) -> int:
    """0: measured. 1: the kernels are wrong. 2: there is no GPU."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--shape", nargs="+", help="of shapes.py; default: all but tiny")
    parser.add_argument("--routing", nargs="+", choices=ROUTINGS, default=list(ROUTINGS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--interpret", action="store_true", help=UNTIMED)
    parser.add_argument("--save", action="store_true", help=f"add the rows to {RESULTS.name}")
    parser.add_argument("--table", action="store_true", help="print what was saved")
    args = parser.parse_args(words)
    if args.table:
        print(saved_tables())
        return 0
    if args.interpret:
        os.environ["TRITON_INTERPRET"] = "1"
        print(f"On a CPU, in Triton's interpreter: {UNTIMED}.")
    else:
        import torch

        if not torch.cuda.is_available():
            print("No GPU here, so nothing is measured: use --interpret to run this on a CPU.")
            return 2
    rows = run(args)
    if args.save and not args.interpret:
        with RESULTS.open("a") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
        blocks.write("bench", saved_tables())
    return int(any(row["what"] == "correctness" and not row["ok"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
