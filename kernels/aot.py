"""Compile every kernel with every config for a chip that is not here, and read what came out.

    python kernels/aot.py                              this Triton, every chip
    python kernels/aot.py --chip sm_90 --shape wide    less
    python kernels/aot.py --triton 3.6.0 3.9.0         each version, in a folder of its own

ptxas comes with Triton, so a laptop can know what an H100 would run: how many registers a
thread takes, whether some spill to memory, how much shared memory a block asks for, whether a
matrix product became the tensor cores' `wgmma` and a descriptor the TMA unit's copy. It can't
know how fast that is.

`make aot` does it for both versions of Triton in use and writes results/aot.jsonl. How a kernel
is compiled without its chip: compiled.py.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import blocks

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "aot.jsonl"
CHIPS = ("sm_80", "sm_89", "sm_90")
TOLD = ("registers", "spill", "shared", "limit", "wgmma", "tma", "cp_async")
COLUMNS = ("triton", "chip", "shape", "op", "kernel", *TOLD)
"""Of the printed table; a row of results/aot.jsonl holds more."""


def faults(row: dict[str, Any]) -> list[str]:
    """What is wrong with one compiled kernel; an empty list if nothing is."""
    if "error" in row:
        return [f"does not compile: {row['error']}"]
    found = []
    if row["spill"]:
        found.append(f"{row['spill']} bytes of registers spill to memory")
    if row["shared"] > row["limit"]:
        found.append(f"{row['shared']} bytes of shared memory, the chip has {row['limit']}")
    if row["chip"] == "sm_90" and row["has_dot"] and not row["wgmma"]:
        found.append("a matrix product without wgmma")
    if row["chip"] == "sm_90" and row["has_descriptor"] and not row["tma"]:
        found.append("a descriptor without a TMA copy")
    if row["warp_specialized"] and row["pending"]:
        found.append("a box may be fetched anew while a product still reads it")
    return found


def shapes_of(chip: str) -> list[str]:
    """Every shape of the table, and what only the tuner tries."""
    from minir1_kernels.configs import table

    listed = sorted({shape for choices in table().values() for shape in choices})
    return [*listed, "specialised"] if chip == "sm_90" else listed


def in_process(version: str, chip: str, shapes: list[str]) -> list[dict[str, Any]]:
    """The rows of one chip, and of another Triton if one is named, from a process of its own."""
    env = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    if version and version != installed_version("triton"):
        folder = Path(sys.prefix) / "aot" / f"triton-{version}"
        if not (folder / "triton").exists():
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
            subprocess.run([*pip, str(folder), f"triton=={version}"], check=True)
        env["PYTHONPATH"] = str(folder)
    words = ["--json", "--chip", chip, "--shape", *shapes]
    command = [sys.executable, __file__, *words]
    told = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if not told.stdout:
        raise SystemExit(f"nothing compiled for {chip} {version}:\n{told.stderr}")
    return [json.loads(line) for line in told.stdout.splitlines()]


def show(rows: list[dict[str, Any]]) -> None:
    """The table, and every fault in a line of its own."""
    lines = [COLUMNS, *([str(row.get(c, "-")) for c in COLUMNS] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.rjust(w) for cell, w in zip(line, widths, strict=True)))
    for row in rows:
        for fault in faults(row):
            print(f"{row['chip']} {row['op']} {row['kernel']} {row['config']}: {fault}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--chip", nargs="+", default=CHIPS, choices=CHIPS)
    parser.add_argument("--shape", nargs="+", help="wide, narrow, or 'D=2048 F=768'; default: all")
    parser.add_argument("--triton", nargs="+", metavar="VERSION", help="install and use these")
    parser.add_argument("--json", action="store_true", help="rows of one chip, in this process")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name} and README.md")
    args = parser.parse_args()
    if args.json:
        from compiled import compile_all

        for row in compile_all(args.chip[0], args.shape):
            print(json.dumps(row))
        return 0
    runs = [(version, chip) for version in args.triton or [""] for chip in args.chip]
    rows = []
    for version, chip in runs:
        rows += in_process(version, chip, args.shape or shapes_of(chip))
    show(rows)
    if args.write:
        RESULTS.write_text("".join(json.dumps(row) + "\n" for row in rows))
        blocks.write("aot", blocks.compiled_table(rows))
    return int(any(faults(row) for row in rows))


if __name__ == "__main__":
    sys.exit(main())
