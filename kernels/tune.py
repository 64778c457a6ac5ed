"""Choose tile sizes on the GPU here, and write them into the table that the kernels read.

    python kernels/tune.py                          every op of every shape of shapes.py
    python kernels/tune.py --shape moonlight --op up down
    python kernels/tune.py --interpret --op sort    on a CPU: that it works, not what it finds

Starting from the tiles in use, one field at a time is halved and doubled, the fastest is kept,
and so on until a whole round changes nothing: some twenty measurements an op where all
combinations would be hundreds. A time is a median with a cold L2 cache (stopwatch.py), on
balanced routing. What does not compile, does not fit the chip, or gives another result than the
tiles in use is passed over. Most of the time goes into compiling: expect an hour a shape or more
(a guess: nobody has run it on a GPU yet), and start with the shape and the ops that you need.

The winner becomes a line of minir1_kernels/configs.jsonl for exactly these widths when it is
found, with the device and the times in its `origin`. A try that hangs has to be stopped by hand
(specialised warps are the likeliest, README.md); `--op` goes on with the other ops. Then:
`make aot`, `python kernels/bench.py --save`, commit.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Config = dict[str, int]
# The axes that an op asks the table for; all others ask for D and F.
WIDTHS = {"route": "E", "sort": "E", "combine": "D", "logprob": "DV", "logprob_dz": "D"}
SMALLEST = {"num_stages": 1, "num_warps": 1, "BLOCK_T": 1}
LARGEST = {"num_stages": 6, "num_warps": 8, "BLOCK_M": 256, "BLOCK_N": 256, "BLOCK_K": 128}
FIXED = ("TMA", "SPECIALISED")


def neighbours(tiles: Config) -> Iterator[Config]:
    """Every config that differs in one field, by a factor of two; stages by one. Specialised
    warps are four, and others start from eight.

    >>> [n["BLOCK_T"] for n in neighbours({"BLOCK_T": 8, "TMA": 1})]
    [4, 16]
    >>> next(neighbours({"SPECIALISED": 0, "num_warps": 8}))
    {'SPECIALISED': 1, 'num_warps': 4}
    """
    if "SPECIALISED" in tiles:
        other = 1 - tiles["SPECIALISED"]
        yield tiles | {"SPECIALISED": other, "num_warps": 4 if other else 8}
    for field, value in tiles.items():
        if field in FIXED:
            continue
        near = (value - 1, value + 1) if field == "num_stages" else (value // 2, value * 2)
        for other in near:
            if SMALLEST.get(field, 16) <= other <= LARGEST.get(field, 1 << 16):
                yield tiles | {field: other}


def climb(start: Config, cost: Callable[[Config], float | None]) -> tuple[Config, float, float]:
    """The config that no neighbour beats, its cost, and the start's. None: it can't run.

    >>> climb({"BLOCK_T": 64}, lambda tiles: abs(tiles["BLOCK_T"] - 16) + 1.0)
    ({'BLOCK_T': 16}, 1.0, 49.0)
    """
    first = cost(start)
    if first is None:
        raise ValueError(f"{start} is in the table, but it can't run here")
    best, found, seen = start, first, [start]
    while True:
        rest = [tiles for tiles in neighbours(best) if tiles not in seen]
        seen += rest
        costs = [(value, tiles) for tiles in rest if (value := cost(tiles)) is not None]
        value, tiles = min(costs, key=lambda pair: pair[0], default=(found, best))
        if value >= found:
            return best, found, first
        best, found = tiles, value


def alike(want: list[Any], found: list[Any]) -> tuple[list[Any], list[Any]]:
    """The results to compare; `down_dh` has as many parts of a sum as tiles; not those."""
    pairs = [(a, b) for a, b in zip(want, found, strict=True) if a.shape == b.shape]
    return [a for a, _ in pairs], [b for _, b in pairs]


def tune(op: str, shape: Any, call: Callable[[], object], interpret: bool) -> dict[str, Any]:
    """The line of the table for one op and shape."""
    import triton
    from measure import apart, results
    from report import DIFFERENT
    from stopwatch import device_name, failures, milliseconds, settle

    from minir1_kernels import configs

    arch = configs.current_arch()
    widths = {letter: getattr(shape, letter) for letter in WIDTHS.get(op, "DF")}
    choices = configs.table()[op, arch]
    name, want = configs.exact(widths), results(call)

    def cost(tiles: Config) -> float | None:
        choices[name] = tiles  # what `config` finds from now on
        try:
            if not apart(*alike(want, results(call))) <= DIFFERENT:
                return None
            return milliseconds(call, interpret)
        # OutOfResources, a failed pass, a shape that the hardware lacks.
        except failures():
            settle(lambda: None, interpret)  # where the device itself is lost, this raises
            return None

    tiles, best, first = climb(configs.config(op, arch, **widths), cost)
    choices[name] = tiles
    print(f"{op:10} {name:16} {first:9.4f} -> {best:9.4f} ms  {tiles}", flush=True)
    origin = (
        f"tuned on {device_name(interpret)}, triton {triton.__version__}, "
        f"{datetime.now(UTC).date().isoformat()}: {best:.4f} ms, before {first:.4f}"
    )
    return {"op": op, "arch": arch, "shape": name, "config": tiles, "origin": origin}


def calls_of(shape: Any, interpret: bool) -> dict[str, Callable[[], object]]:
    """The call to time for each op of the table."""
    import calls
    import torch

    device, dtype = ("cpu", torch.float32) if interpret else ("cuda", torch.bfloat16)
    ops = calls.op_calls(shape, "balanced", device, dtype)
    timed = dict(calls.logprob_calls(shape, device, dtype))
    return {op: sided["minir1"] for op, sided in ops.items()} | {
        "logprob": timed["logprob"]["minir1"],
        "logprob_dz": timed["logprob training"]["minir1"],
    }


def write(rows: list[dict[str, Any]], table: Path) -> None:
    """Put each row in the place of the line for the same op, chip and shape, or behind its op."""
    lines = [json.loads(line) for line in table.read_text().splitlines()]
    for row in rows:
        key = (row["op"], row["arch"], row["shape"])
        lines = [line for line in lines if (line["op"], line["arch"], line["shape"]) != key]
        last = max(i for i, line in enumerate(lines) if line["op"] == row["op"])
        lines.insert(last + 1, row)
    table.write_text("".join(json.dumps(line) + "\n" for line in lines))


def main(words: list[str] | None = None) -> int:
    """0: tuned. 1: an op could not be tuned. 2: there is no GPU."""
    from shapes import SHAPES

    from minir1_kernels.configs import TABLE

    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--shape", nargs="+", choices=list(SHAPES), help="default: all but tiny")
    parser.add_argument("--op", nargs="+", help="default: every op")
    parser.add_argument("--interpret", action="store_true", help="on a CPU: only that it works")
    parser.add_argument("--table", type=Path, default=TABLE, help="the file to change")
    args = parser.parse_args(words)
    if args.interpret:
        os.environ["TRITON_INTERPRET"] = "1"
    else:
        import torch

        if not torch.cuda.is_available():
            print("No GPU here, so nothing can be tuned: the table stays as it is.")
            return 2
    from stopwatch import failures, told

    lost = 0
    for name in args.shape or (["tiny"] if args.interpret else [s for s in SHAPES if s != "tiny"]):
        calls = calls_of(SHAPES[name], args.interpret)
        unknown = set(args.op or ()) - set(calls)
        if unknown:
            parser.error(f"no op {', '.join(sorted(unknown))}; there are {', '.join(calls)}")
        for op in args.op or calls:
            try:
                write([tune(op, SHAPES[name], calls[op], args.interpret)], args.table)
            except failures() as error:
                print(f"{op:10} {name}: {told(error)}", flush=True)
                lost += 1
    return int(lost > 0)


if __name__ == "__main__":
    sys.exit(main())
