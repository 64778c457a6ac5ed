"""Which expert does a tile of BLOCK_M rows belong to, and where does it begin?

    offsets   0        70  70   100          experts 0, 1, 2 with 70, 0 and 30 rows
    tiles     [0 32 64]    []   [70]         BLOCK_M = 32: the last tile of an expert is ragged
    expert     0  0  0           2     -     the map has a slot more than it needs here
    start      0 32 64          70     -

A tile never holds rows of two experts, since a matrix product has one weight matrix. How many
tiles there are is known on the GPU only; the CPU launches R // BLOCK_M + min(E, R) of them,
which is enough for any routing, and those without work end at once.

Spec: for e in range(E): for start in range(offsets[e], offsets[e+1], BLOCK_M): (e, start).
Moves 4 E + 8 bytes a slot; no FLOPs.
"""

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from jaxtyping import Int
from torch import Tensor

SLOTS = 32
"""Slots that one program fills."""
CHUNK = 32
"""Experts that it looks at together."""


@dataclass(frozen=True)
class Tiles:
    """The map of one tile height; `expert` is -1 where a slot has no tile."""

    expert: Int[Tensor, "S"]
    start: Int[Tensor, "S"]
    count: Int[Tensor, "1"]


@triton.jit
def tile_map(
    offsets_ptr, expert_ptr, start_ptr, count_ptr, n_slots, n_experts,
    BLOCK_M: tl.constexpr, SLOTS: tl.constexpr, CHUNK: tl.constexpr,
):  # fmt: skip
    """A slot's expert is the number of experts whose tiles all lie before it."""
    slots = tl.program_id(0) * SLOTS + tl.arange(0, SLOTS)
    expert = tl.zeros((SLOTS,), tl.int32)
    first_tile = tl.zeros((SLOTS,), tl.int32)
    total = 0
    for first in range(0, n_experts, CHUNK):
        ids = first + tl.arange(0, CHUNK)
        real = ids < n_experts
        begin = tl.load(offsets_ptr + ids, mask=real, other=0)
        end = tl.load(offsets_ptr + ids + 1, mask=real, other=0)
        tiles = tl.cdiv(end - begin, BLOCK_M)
        done = (total + tl.cumsum(tiles, axis=0))[None, :] <= slots[:, None]
        expert += tl.sum((done & real[None, :]).to(tl.int32), axis=1)
        first_tile += tl.sum(tl.where(done, tiles[None, :], 0), axis=1)
        total += tl.sum(tiles, axis=0)
    used = slots < total
    begin = tl.load(offsets_ptr + expert, mask=used, other=0)
    inside = slots < n_slots
    tl.store(expert_ptr + slots, tl.where(used, expert, -1), mask=inside)
    tl.store(start_ptr + slots, begin + (slots - first_tile) * BLOCK_M, mask=inside)
    if tl.program_id(0) == 0:
        tl.store(count_ptr, total)


def tiles_of(offsets: Int[Tensor, "E1"], n_rows: int, block_m: int) -> Tiles:
    """The map of all tiles of `block_m` rows."""
    n_experts = len(offsets) - 1
    n_slots = n_rows // block_m + min(n_experts, n_rows)
    expert = torch.empty(n_slots, dtype=torch.int32, device=offsets.device)
    tiles = Tiles(expert, torch.empty_like(expert), torch.empty_like(offsets[:1]))
    # One program at least: the count must be written for an empty batch too.
    tile_map[(max(1, triton.cdiv(n_slots, SLOTS)),)](
        offsets, tiles.expert, tiles.start, tiles.count, n_slots, n_experts,
        BLOCK_M=block_m, SLOTS=SLOTS, CHUNK=CHUNK,
    )  # fmt: skip
    return tiles
