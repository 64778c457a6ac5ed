"""Put the routed rows of each expert side by side: a stable counting sort.

Row r = n * K + j is choice number j of token n. It moves to

    place_r = (rows of smaller experts) + (rows of the same expert before r)

              expert of row    2 0 1 0 | 2 2 0 1        tiles of BLOCK_T rows
    count     of each tile     0: 2 | 1    1: 1 | 1    2: 1 | 2
    scan      rows of the expert in tiles before  0: 0 | 2    1: 0 | 1    2: 0 | 1
    put       order = 1 3 6   2 7   0 4 5
              offsets  0      3     5     8            expert e: offsets[e] .. offsets[e+1]

Spec: `order = expert.argsort(stable=True)`, bit for bit, and `place` its inverse. A sort by
atomic counters is shorter, but puts rows in another order each time, and sums with them.
Nothing waits for the GPU: whoever needs a size uses the bound that the CPU knows.

Moves 16 R (ids of 8 bytes, read twice) + 8 R bytes (order, place) and 3 E counters a tile; no
FLOPs.
"""

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from jaxtyping import Int
from torch import Tensor

from minir1_kernels.configs import config, current_arch
from minir1_kernels.contract import INTEGERS, check

CHUNK = 32
"""Experts that a program looks at together."""


@dataclass(frozen=True)
class Sorted:
    """Where each row stands after the sort."""

    order: Int[Tensor, "R"]
    """The row at each place. Behind offsets[E], if rows were left out, it holds anything."""
    place: Int[Tensor, "R"]
    """The place of each row, or -1: its expert's id is outside 0 .. E-1 and it is left out."""
    offsets: Int[Tensor, "E1"]
    """Expert e owns the places offsets[e] .. offsets[e + 1] - 1."""


@triton.jit
def count(
    expert_ptr, count_ptr, n_rows, n_experts, n_tiles,
    BLOCK_T: tl.constexpr, CHUNK: tl.constexpr,
):  # fmt: skip
    """count_ptr: [E, tiles], how many of a tile's rows go to each expert."""
    tile = tl.program_id(0)
    rows = tile * BLOCK_T + tl.arange(0, BLOCK_T)
    expert = tl.load(expert_ptr + rows, mask=rows < n_rows, other=-1)
    for first in range(0, n_experts, CHUNK):
        ids = first + tl.arange(0, CHUNK)
        counts = tl.sum((expert[:, None] == ids[None, :]).to(tl.int32), axis=0)
        tl.store(count_ptr + ids * n_tiles + tile, counts, mask=ids < n_experts)


@triton.jit
def scan(count_ptr, before_ptr, total_ptr, n_tiles, CHUNK: tl.constexpr):
    """For one expert: its rows in the tiles before each tile, and in all of them."""
    expert = tl.program_id(0)
    total = 0
    for first in range(0, n_tiles, CHUNK):
        tiles = first + tl.arange(0, CHUNK)
        counts = tl.load(count_ptr + expert * n_tiles + tiles, mask=tiles < n_tiles, other=0)
        before = total + tl.cumsum(counts, axis=0) - counts
        tl.store(before_ptr + expert * n_tiles + tiles, before, mask=tiles < n_tiles)
        total += tl.sum(counts, axis=0)
    tl.store(total_ptr + expert, total)


@triton.jit
def put(
    expert_ptr, before_ptr, total_ptr, order_ptr, place_ptr, offsets_ptr,
    n_rows, n_experts, n_tiles,
    BLOCK_T: tl.constexpr, CHUNK: tl.constexpr,
):  # fmt: skip
    """Send each row of one tile to its place; the first program writes the offsets too."""
    tile = tl.program_id(0)
    lane = tl.arange(0, BLOCK_T)
    rows = tile * BLOCK_T + lane
    expert = tl.load(expert_ptr + rows, mask=rows < n_rows, other=-1)
    valid = (expert >= 0) & (expert < n_experts)
    expert = tl.where(valid, expert, -1).to(tl.int32)
    # Rows of smaller experts, by comparing with every expert: no prefix sum is needed.
    smaller = tl.zeros((BLOCK_T,), tl.int32)
    for first in range(0, n_experts, CHUNK):
        ids = first + tl.arange(0, CHUNK)
        totals = tl.load(total_ptr + ids, mask=ids < n_experts, other=0)
        smaller += tl.sum(tl.where(ids[None, :] < expert[:, None], totals[None, :], 0), axis=1)
    # Rows of the same expert: in tiles before, and above in this tile.
    before = tl.load(before_ptr + expert * n_tiles + tile, mask=valid, other=0)
    same = (expert[:, None] == expert[None, :]) & (lane[None, :] < lane[:, None])
    above = tl.sum(same.to(tl.int32), axis=1)
    place = tl.where(valid, smaller + before + above, -1)
    tl.store(place_ptr + rows, place, mask=rows < n_rows)
    tl.store(order_ptr + place, rows, mask=valid)
    if tile == 0:
        start = 0
        for first in range(0, n_experts, CHUNK):
            ids = first + tl.arange(0, CHUNK)
            totals = tl.load(total_ptr + ids, mask=ids < n_experts, other=0)
            ends = start + tl.cumsum(totals, axis=0)
            tl.store(offsets_ptr + ids, ends - totals, mask=ids < n_experts)
            start += tl.sum(totals, axis=0)
        tl.store(offsets_ptr + n_experts, start)


def sort(experts: Int[Tensor, "N K"], n_experts: int) -> Sorted:
    """Sort the N * K routed rows by expert, without changing the order inside an expert."""
    check("topk_idx", experts, (None, None), INTEGERS)
    n_rows = experts.numel()
    tile = config("sort", current_arch(), E=n_experts)
    # One tile at least: an empty batch must still write its offsets.
    n_tiles = max(1, triton.cdiv(n_rows, tile["BLOCK_T"]))
    ints = {"dtype": torch.int32, "device": experts.device}
    counts = torch.empty(n_experts, n_tiles, **ints)
    before, total = torch.empty_like(counts), torch.empty(n_experts, **ints)
    order, place = torch.empty(n_rows, **ints), torch.empty(n_rows, **ints)
    offsets = torch.empty(n_experts + 1, **ints)
    count[(n_tiles,)](experts, counts, n_rows, n_experts, n_tiles, CHUNK=CHUNK, **tile)
    # One program an expert, from tile to tile: long steps, since each waits for the one before.
    scan[(n_experts,)](counts, before, total, n_tiles, CHUNK=8 * tile["BLOCK_T"])
    put[(n_tiles,)](
        experts, before, total, order, place, offsets, n_rows, n_experts, n_tiles,
        CHUNK=CHUNK, **tile,
    )  # fmt: skip
    return Sorted(order, place, offsets)
