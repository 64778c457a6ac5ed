"""Lesson 05: four rungs of the ladder as Triton kernels, graded in the interpreter.

What a kernel must leave alone is part of the answer: memory that it is given is longer than what
is its own, and what it may not read is poison.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from minir1.lab.exercises.fences import fenced, taken
from minir1.lab.exercises.products import COLLECT, GROUPED_PRODUCT
from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.lab.ladder import places, tile_counts

NOTEBOOK = "05_routing_kernels"


def expert_rows(draw: Draw, n_rows: int, n_experts: int) -> Tensor:
    """Experts of rows; one of them gets none, and one gets many."""
    chosen = draw.integers(n_experts - 1, n_rows)
    chosen[: n_rows // 3] = n_experts - 2
    return chosen.int()


ROUND, RAGGED = ((16, 4, 8), (32, 8, 16)), ((13, 5, 4), (37, 6, 8), (3, 3, 16), (1, 2, 4))
"""(rows, experts, rows of a tile): sizes that divide, and sizes that don't."""


def count_cases(draw: Draw, shapes: tuple[tuple[int, int, int], ...]) -> Iterator[Case]:
    for n_rows, n_experts, block in shapes:
        rows = fenced(expert_rows(draw, n_rows, n_experts), n_experts - 1)
        out = taken(n_experts, -(-n_rows // block), dtype=torch.int32)
        yield Case((rows, n_experts, block, out), after=3)


TILE_COUNTS = Exercise(
    of=tile_counts,
    notebook=NOTEBOOK,
    difficulty=2,
    importance=4,
    minutes=20,
    parts=(
        Part("round", 1, lambda draw: count_cases(draw, ROUND)),
        Part("ragged", 2, lambda draw: count_cases(draw, RAGGED)),
    ),
    mistakes={
        "plain_torch": Edit("count_kernel[(n_tiles,)](\n        experts, out, len(experts), "
                            "n_experts, n_tiles, BLOCK=block, EXPERTS=wide\n    )",
                            "for n, tile in enumerate(experts.split(block)):\n        "
                            "out[:n_experts, n] = torch.bincount(tile, minlength=n_experts)"),
        "no_load_mask": Edit("rows, mask=rows < n_rows, other=-1", "rows"),
        "other_is_an_expert": Edit("mask=rows < n_rows, other=-1", "mask=rows < n_rows, other=0"),
        "no_other": Edit("mask=rows < n_rows, other=-1)", "mask=rows < n_rows)"),
        "no_store_mask": Edit("counts, mask=ids < n_experts)", "counts)"),
        "first_tile_only": Edit("rows = tile * BLOCK + ", "rows = "),
        "transposed": Edit("ids * n_tiles + tile, counts", "tile * n_experts + ids, counts"),
        "yes_or_no": Edit("tl.sum(same.to(tl.int32), axis=0)", "tl.max(same.to(tl.int32), axis=0)"),
        "whole_tiles_only": Edit("n_tiles = triton.cdiv(len(experts), block)",
                                 "n_tiles = max(1, len(experts) // block)"),
    },
    same={"15:66: -1 -> -2": "no expert has this number either"},
    packages=("triton",),
    cpu_s=10.0,
)  # fmt: skip


def place_cases(draw: Draw, shapes: tuple[tuple[int, int, int], ...]) -> Iterator[Case]:
    for n_rows, n_experts, block in shapes:
        rows = expert_rows(draw, n_rows, n_experts)
        counts = torch.zeros(n_experts, -(-n_rows // block), dtype=torch.int32)
        tile_counts(rows.long(), n_experts, block, counts)
        starts = (counts.sum(1).cumsum(0) - counts.sum(1)).int()
        before = (counts.cumsum(1) - counts).int()
        given = (fenced(rows, 0), fenced(starts, 100), fenced(before, 100), block)
        yield Case((*given, taken(n_rows, dtype=torch.int32)), after=4)


PLACES = Exercise(
    of=places,
    notebook=NOTEBOOK,
    difficulty=4,
    importance=4,
    minutes=35,
    needs=("tile_counts",),
    parts=(
        Part("round", 2, lambda draw: place_cases(draw, ROUND)),
        Part("ragged", 2, lambda draw: place_cases(draw, RAGGED)),
    ),
    mistakes={
        "plain_torch": Edit("place_kernel[(n_tiles,)](\n        experts, starts, before, out, "
                            "len(experts), n_experts, n_tiles, BLOCK=block\n    )",
                            "order = experts.argsort(stable=True).argsort()\n"
                            "    out[: len(experts)] = order"),
        "not_stable": Edit("lane[None, :] < lane[:, None]", "lane[None, :] > lane[:, None]"),
        "itself_counted": Edit("lane[None, :] < lane[:, None]", "lane[None, :] <= lane[:, None]"),
        "any_expert": Edit("(expert[:, None] == expert[None, :]) & ", ""),
        "no_tiles_before": Edit("start + earlier + ", "start + "),
        "no_start": Edit("start + earlier + ", "earlier + "),
        "no_store_mask": Edit("place, mask=inside)", "place)"),
        "before_transposed": Edit("expert * n_tiles + tile", "tile * n_experts + expert"),
        "order_for_place": Edit("tl.store(place_ptr + rows, place, mask=inside)",
                                "tl.store(place_ptr + place, rows, mask=inside)"),
    },
    same={
        "17:13: tl.load(expert_ptr + rows, mask=inside, other=-1) -> "
        "tl.load(expert_ptr + rows, mask=inside)": "no row stands below one behind the end",
        "17:59: -1 -> -2": "no expert has this number either",
        "18:12: tl.load(start_ptr + expert, mask=inside, other=0) -> "
        "tl.load(start_ptr + expert, mask=inside)": "its place is stored nowhere",
        "18:59: 0 -> 1": "its place is stored nowhere",
        "19:79: 0 -> 1": "its place is stored nowhere",
    },
    packages=("triton",),
    cpu_s=10.0,
)  # fmt: skip


EXERCISES = (TILE_COUNTS, PLACES, GROUPED_PRODUCT, COLLECT)
