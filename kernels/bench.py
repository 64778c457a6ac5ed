"""How fast the kernels are: against other people's, against torch, and against the chip.

    python kernels/bench.py --save                 every shape, on the GPU here (minutes); each
                                                   row goes into results/bench.jsonl at once
    python kernels/bench.py --shape moonlight --routing zipf
    python kernels/bench.py --interpret            every line of this, on a CPU, at a tiny size
    python kernels/bench.py --table                print what was saved
    python kernels/bench.py --predict              what an H100 should need (predict.py)

First the kernels must be right: against float64, each result and gradient may be 1.1 times as
far off as the plain torch layer in bf16 is, plus a unit in the last place. Only then are they
timed. A number is the median of rounds in which all sides took turns, so a ratio is of one run.
A row of results/bench.jsonl holds every round, the device and the versions. A side that fails is
named with its reason, and the others are timed. How rows become tables: report.py.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import blocks
from report import sound, table
from shapes import SHAPES

RESULTS = Path(__file__).parent / "results" / "bench.jsonl"

PACKAGES = ("torch", "triton", "liger-kernel", "cut-cross-entropy")
ROUTINGS = ("balanced", "zipf")
UNTIMED = "the interpreter's milliseconds say nothing about a GPU"

Row = dict[str, Any]


def about(interpret: bool) -> Row:
    """What every row says about where and with what it was taken."""
    import torch
    from stopwatch import device_name

    versions = {"cuda": str(torch.version.cuda)}
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


def saved_tables() -> str:
    """Tables of all saved rows."""
    saved = RESULTS.read_text().splitlines() if RESULTS.exists() else []
    return table(map(json.loads, saved)) or blocks.NOT_YET


def run(args: argparse.Namespace) -> list[Row]:
    """Measure; keep each row when it is taken, and print each table when it is whole."""
    import measure
    import warm
    from sides import missing

    for line in missing():
        print(line)
    names = args.shape or (["tiny"] if args.interpret else [s for s in SHAPES if s != "tiny"])
    if not args.interpret:
        warm.compile_together(names)
    rows: list[Row] = []
    where = about(args.interpret)
    for name in names:
        mine = []
        for found in measure.measure(SHAPES[name], args.routing, args.rounds, args.interpret):
            mine.append({"shape": name, **found, **where})
            if args.save and not args.interpret:
                with RESULTS.open("a") as file:
                    file.write(json.dumps(mine[-1]) + "\n")
        print(table(mine), flush=True)
        rows += mine
    return rows


def main(words: list[str] | None = None) -> int:
    """0: measured. 1: the kernels are wrong or fail. 2: there is no GPU."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--shape", nargs="+", choices=list(SHAPES), help="default: all but tiny")
    parser.add_argument("--routing", nargs="+", choices=ROUTINGS, default=list(ROUTINGS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--interpret", action="store_true", help=UNTIMED)
    parser.add_argument("--save", action="store_true", help=f"in {RESULTS.name} and README.md")
    parser.add_argument("--table", action="store_true", help="print what was saved")
    parser.add_argument("--predict", action="store_true", help="print what an H100 should need")
    args = parser.parse_args(words)
    if args.predict:
        import predict

        print(predict.table())
        if args.save:
            blocks.write("predict", predict.table())
        return 0
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
        os.environ["TRITON_INTERPRET"] = "0"
    rows = run(args)
    if args.save and not args.interpret:
        blocks.write("bench", saved_tables())
    return int(not all(map(sound, rows)))


if __name__ == "__main__":
    sys.exit(main())
