"""What an H100 should need, said before anyone has measured it.

    an op       = max(bytes / 3.0 TB/s, the tiles of the busiest multiprocessor) + 3 us a kernel
    a tile      = steps x step + 1 us until its first boxes are there + its output at L2's rate
    a step      = max(2 M N K FLOPs / (798 TFLOP/s / 132), 2 (M + N) K bytes / (7.5 TB/s / 132))

    tiles       0 1 2 3 4 5 6 7 8     in the order of launch, each to the first free place; the
    places      0 1 2 3 0 1 2 3 0     last round is seldom full, nor is an expert's last tile

How many tiles there are is exact, from the routings that the benchmark draws; how many share a
multiprocessor is what the compiler says (results/aot.jsonl). The microseconds and the rates are
assumptions: two rates are the floors' (shapes.py), the third is what the L2 cache gives. Two Triton
products of others reach 490 and 628 TFLOP/s on an H200 (TileOPs#1567); with tiles of 128 x 128 and
of 128 x 256, which is a guess, both come to about 7.5 TB/s. A first measurement far from this table
says that one of these is wrong.

    python kernels/bench.py --predict          --save also writes it into README.md
"""

from __future__ import annotations

import heapq
import json
from math import ceil
from pathlib import Path

import torch
from shapes import BYTES, ELEMENT, FLOPS, SHAPES, Shape, experts_of

from minir1_kernels.configs import config

SMS, L2 = 132, 7.5e12
KERNEL_S, BEGIN_S = 3e-6, 1e-6
AOT = Path(__file__).parent / "results" / "aot.jsonl"
PREDICTED = ("qwen3-30b-a3b", "moonlight")
TILED = ("up", "down", "down_dh", "down_dw", "up_dx", "up_dw", "logprob")
Tile = tuple[int, int, int]
"""How many steps it takes, how many bytes it writes, and how often it waits for a first box."""


def tiles_of(op: str, shape: Shape, loads: list[int], tile: dict[str, int]) -> list[Tile]:
    """Every tile of an op, in the order of launch; `loads` are the rows of each expert.

    >>> shape = SHAPES["tiny"]                                  # D = F = 32
    >>> tiles_of("down", shape, [5, 0, 40], {"BLOCK_M": 32, "BLOCK_N": 16, "BLOCK_K": 16})[:2]
    [(2, 1024, 0), (2, 1024, 0)]
    """
    m, n, k = tile["BLOCK_M"], tile["BLOCK_N"], tile["BLOCK_K"]
    d, f = shape.D, shape.F
    if op in ("up_dw", "down_dw"):
        high, wide = (2 * f, d) if op == "up_dw" else (d, f)
        blocks = ceil(high / m) * ceil(wide / n)
        return [(ceil(load / k), ELEMENT * m * n, 1) for load in loads for _ in range(blocks)]
    # The axis that is summed, the columns, and how many numbers are written for one of them.
    inner, columns, written = {
        "up": (d, f, 3), "down": (f, d, 1), "down_dh": (d, f, 3), "up_dx": (2 * f, d, 1),
    }[op]  # fmt: skip
    count = sum(ceil(load / m) for load in loads) * ceil(columns / n)
    # `down` and `up_dx` fetch the next tile's first boxes while they store this one (grouped.py).
    waits = int(op in ("up", "down_dh"))
    return [(ceil(inner / k), ELEMENT * m * n * written, waits)] * count


def logprob_tiles(op: str, shape: Shape, tile: dict[str, int]) -> list[Tile]:
    """The same for the logits: all parts of the vocabulary, or all chunks of dz."""
    m, n, k = tile["BLOCK_M"], tile["BLOCK_N"], tile["BLOCK_K"]
    blocks, steps = ceil(shape.rows / m), ceil(shape.D / k)
    if op == "logprob_dz":
        return [(steps, ELEMENT * m * n, 1)] * (blocks * ceil(shape.V / n))
    parts = [min(tile["PART"], shape.V - v) for v in range(0, shape.V, tile["PART"])]
    return [(steps * ceil(p / n), 0, ceil(p / n)) for p in parts for _ in range(blocks)]


def step_s(op: str, tile: dict[str, int]) -> float:
    """Seconds of one step on a multiprocessor that has nothing else to do."""
    m, k = tile["BLOCK_M"], tile["BLOCK_K"]
    n = tile["BLOCK_N"] * (2 if op == "up" else 1)  # a gate's block and an up's
    return SMS * max(2 * m * n * k / FLOPS, ELEMENT * (m + n) * k / L2)


def makespan(tiles: list[Tile], step: float, sharing: int) -> float:
    """When the last tile is done. Tiles that share a multiprocessor share its rate.

    >>> round(1e6 * makespan([(10, 0, 1)] * 133, step=1e-6, sharing=1))    # two rounds
    22
    """
    free = [0.0] * (SMS * sharing)
    for steps, written, waits in tiles:
        takes = steps * step * sharing + waits * BEGIN_S + written * SMS / L2
        heapq.heapreplace(free, free[0] + takes)
    return max(free)


def sharing_of(op: str, tile: dict[str, int]) -> int:
    """How many of an op's blocks fit a multiprocessor, its registers and its shared memory."""
    rows = [json.loads(line) for line in AOT.read_text("utf-8").splitlines()]
    found = [
        r for r in rows if (r["chip"], r["op"], r["config"]) == ("sm_90", op, tile) and r["has_dot"]
    ]
    registers = max(8 * ceil(r["registers"] / 8) for r in found)
    by_memory = (228 << 10) // (max(r["shared"] for r in found) + 1024)
    return max(1, min(65_536 // (registers * 32 * tile["num_warps"]), by_memory))


def predicted_s(shape: Shape, routing: str) -> dict[str, float]:
    """Seconds of each op, of the layer both ways, and of the logprobs both ways."""
    loads = torch.bincount(experts_of(shape, routing).flatten(), minlength=shape.E).tolist()
    bytes_s = {op: moved / BYTES for op, (_, moved) in shape.work().items()}
    found = {}
    for op in ("up", "down", "down_dh", "down_dw", "up_dx", "up_dw"):
        tile = config(op, "sm_90", D=shape.D, F=shape.F)
        tiles = tiles_of(op, shape, loads, tile)
        busy = makespan(tiles, step_s(op, tile), sharing_of(op, tile))
        found[op] = max(busy, bytes_s[op]) + KERNEL_S
    for op, kernels in (("combine", 1), ("route", 1), ("sort", 3)):
        found[op] = bytes_s[op] + kernels * KERNEL_S
    # Two maps of tiles forward, two backward, and `down_ds`: kernels that do next to nothing.
    found["layer"] = sum(found[op] for op in ("sort", "up", "down", "combine")) + 2 * KERNEL_S
    backward = ("down_dh", "down_dw", "up_dx", "up_dw", "combine")
    found["layer training"] = found["layer"] + sum(found[op] for op in backward) + 3 * KERNEL_S
    for op in ("logprob", "logprob_dz"):
        tile = config(op, "sm_90", D=shape.D, V=shape.V)
        tiles = logprob_tiles(op, shape, tile)
        found[op] = makespan(tiles, step_s(op, tile), sharing_of(op, tile)) + 2 * KERNEL_S
    # The two products with dz are cuBLAS's, at the rate of the floors.
    products = 2 * shape.flops()["logprob"] / FLOPS
    found["logprob training"] = found["logprob"] + found.pop("logprob_dz") + products
    return found


def tile_words(op: str, shape: Shape) -> str:
    """The tile that an op takes at a shape.

    >>> tile_words("down", SHAPES["moonlight"])
    '128 x 256 x 64'
    """
    widths = {"D": shape.D, "V": shape.V} if op == "logprob" else {"D": shape.D, "F": shape.F}
    tile = config(op, "sm_90", **widths)
    return " x ".join(str(tile[f"BLOCK_{axis}"]) for axis in "MNK")


def table() -> str:
    """Milliseconds and TFLOP/s of the public shapes."""
    columns = [(SHAPES[name], routing) for name in PREDICTED for routing in ("balanced", "zipf")]
    found = [predicted_s(shape, routing) for shape, routing in columns]
    lines = [["op", "tile", *(f"{shape.name}, {routing}" for shape, routing in columns)]]
    lines.append(["---"] * len(lines[0]))
    for op in found[0]:
        tiles = dict.fromkeys(tile_words(op, shape) for shape, _ in columns if op in TILED)
        line = [op, " or ".join(tiles)]
        for (shape, _), seconds in zip(columns, found, strict=True):
            flops = shape.flops()[op]
            rate = f" ({flops / seconds[op] / 1e12:.0f})" if flops > 1e11 else ""
            line.append(f"{1e3 * seconds[op]:.2f}{rate}")
        lines.append(line)
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
