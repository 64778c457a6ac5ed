"""Lesson 05: four rungs of the ladder as Triton kernels, graded in the interpreter.

What a kernel must leave alone is part of the answer: memory that it is given is longer than what
is its own, and what it may not read is poison.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.lab.ladder import collect, grouped_product, places, tile_counts

NOTEBOOK = "05_routing_kernels"
SPARE = 40
"""Numbers, or rows, behind the end of what is ours. Longer than any tile."""
TAKEN = -7
"""What stands there, and must stand there still."""


def fenced(values: Tensor, poison: int | float) -> Tensor:
    """The same numbers in the middle of longer memory: who reads beyond meets poison."""
    memory = torch.full((values.numel() + 4 * SPARE,), poison, dtype=values.dtype)
    mine = memory[2 * SPARE : 2 * SPARE + values.numel()]
    mine.copy_(values.flatten())
    return mine.view(values.shape)


def taken(rows: int, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Memory for `rows` rows, and more that belongs to somebody else."""
    return torch.full((rows + SPARE, *shape), TAKEN, dtype=dtype)


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


def product_cases(draw: Draw, counts: tuple[tuple[int, ...], ...]) -> Iterator[Case]:
    for numbers in counts:
        n_rows, (d, f) = sum(numbers), draw.choice(((5, 6), (19, 23), (5, 23), (19, 6)))
        offsets = torch.tensor([0, *numbers]).cumsum(0).int()
        nan = float("nan")
        rows = fenced(draw.normal(n_rows, f), nan)
        weights = fenced(draw.normal(len(numbers), d, f), nan)
        yield Case((rows, fenced(offsets, 0), weights, taken(n_rows, d)), after=3)


GROUPED_PRODUCT = Exercise(
    of=grouped_product,
    notebook=NOTEBOOK,
    difficulty=4,
    importance=5,
    minutes=40,
    parts=(
        Part("even", 2, lambda draw: product_cases(draw, ((16, 16), (16, 32, 16)))),
        Part("ragged", 2, lambda draw: product_cases(draw, ((7, 0, 20), (0, 1, 33, 2)))),
    ),
    mistakes={
        "no_width_mask": Edit("mask=live[:, None] & (fs < F)[None, :]", "mask=live[:, None]"),
        "into_the_next_expert": Edit("y, mask=live[:, None] & ",
                                     "y, mask=(places < n_rows)[:, None] & "),
        "no_column_mask": Edit("y, mask=live[:, None] & (ds < D)[None, :])",
                               "y, mask=live[:, None])"),
        "first_expert_only": Edit("w_ptr + expert * D * F", "w_ptr + 0 * D * F"),
        "first_tile_only": Edit("places = begin + tile * BLOCK + ", "places = begin + "),
        "not_transposed": Edit("ds[:, None] * F + fs[None, :]", "ds[:, None] + fs[None, :] * D"),
        "places_from_zero": Edit("places = begin + tile * BLOCK", "places = tile * BLOCK"),
        "rounded": Edit("y = tl.dot(rows, tl.trans(w), input_precision=\"ieee\")",
                        "y = tl.dot(rows.to(tl.float16), tl.trans(w).to(tl.float16))"),
    },
    same={
        "23:72: 0.0 -> 1.0": "the other side of the product is 0 there",
        "23:28: ds < D -> ds <= D": "a column is computed that is stored nowhere",
        "24:8: tl.dot(rows, tl.trans(w), input_precision='ieee') -> tl.dot(rows, tl.trans(w))":
        "the interpreter has no other precision; on a GPU it would round",
        "44:27: 1 -> 2": "one more program, which finds no row",
    },
    packages=("triton",),
    cpu_s=10.0,
    atol=1e-4,
)  # fmt: skip


NOWHERE = "a token behind the end is stored nowhere"


def collect_cases(draw: Draw, shapes: tuple[tuple[int, int, int], ...]) -> Iterator[Case]:
    """(tokens, experts a token, width); rows are more than N K, and some stand alone."""
    for n_tokens, k, width in shapes:
        n_rows, nan = n_tokens * k, float("nan")
        order = torch.randperm(n_rows, generator=draw.generator).view(n_tokens, k).int()
        y, weight = draw.normal(n_rows, width), draw.normal(n_tokens, k).abs()
        given = (fenced(y, nan), fenced(order, 0), fenced(weight, nan))
        yield Case((*given, taken(n_tokens, width)), after=3)


COLLECT = Exercise(
    of=collect,
    notebook=NOTEBOOK,
    difficulty=3,
    importance=4,
    minutes=25,
    parts=(
        Part("round", 1, lambda draw: collect_cases(draw, ((8, 2, 16), (16, 1, 32)))),
        Part("ragged", 2, lambda draw: collect_cases(draw, ((5, 3, 11), (1, 4, 3), (13, 2, 20)))),
    ),
    mistakes={
        "last_expert_only": Edit("total += weight[:, None] * y", "total = weight[:, None] * y"),
        "no_weights": Edit("total += weight[:, None] * y", "total += y"),
        "first_weight": Edit("weight_ptr + tokens * K + j", "weight_ptr + tokens * K"),
        "rows_as_they_come": Edit("y_ptr + place[:, None]", "y_ptr + (tokens * K + j)[:, None]"),
        "no_store_mask": Edit("total, mask=inside)", "total, mask=(columns < D)[None, :])"),
        "no_column_mask": Edit("total, mask=inside)", "total, mask=real[:, None])"),
        "by_choice_first": Edit("place_ptr + tokens * K + j", "place_ptr + tokens + j * n_tokens"),
        "mean": Edit("total, mask=inside)", "total / K, mask=inside)"),
    },
    same={
        "20:16: tl.load(place_ptr + tokens * K + j, mask=real, other=0) -> "
        "tl.load(place_ptr + tokens * K + j, mask=real)": NOWHERE,
        "21:17: tl.load(weight_ptr + tokens * K + j, mask=real, other=0.0) -> "
        "tl.load(weight_ptr + tokens * K + j, mask=real)": NOWHERE,
        "21:71: 0.0 -> 1.0": NOWHERE,
        "22:12: tl.load(y_ptr + place[:, None] * D + columns[None, :], mask=inside, other=0.0) -> "
        "tl.load(y_ptr + place[:, None] * D + columns[None, :], mask=inside)": NOWHERE,
    },
    packages=("triton",),
    cpu_s=10.0,
)  # fmt: skip

EXERCISES = (TILE_COUNTS, PLACES, GROUPED_PRODUCT, COLLECT)
