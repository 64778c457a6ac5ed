"""Lesson 05, the upper rungs: one product an expert, and the rows brought home."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from minir1.lab.exercises.fences import fenced, taken
from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.lab.ladder import collect, grouped_product

NOTEBOOK = "05_routing_kernels"


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
        "plain_torch": Edit("product_kernel[grid](\n        rows, offsets, weights, out, "
                            "len(rows), d, f, BLOCK=16, WIDE=wide, OUT=high\n    )",
                            "for e in range(n_experts):\n        mine = slice(*offsets[e : e + 2])"
                            "\n        out[mine] = rows[mine] @ weights[e].T"),
        "no_width_mask": Edit("mask=live[:, None] & (fs < F)[None, :]", "mask=live[:, None]"),
        "into_the_next_expert": Edit("y, mask=live[:, None] & ",
                                     "y, mask=(places < n_rows)[:, None] & "),
        "all_rows_behind": Edit("live = places < end", "live = places < n_rows"),
        "no_trans": Edit("tl.trans(w)", "w"),
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
        "launched_aside": Edit("y, place, weight, out, n_tokens, width,",
                               "y, place, weight, out.copy_(torch.cat([\n            "
                               "(y[place] * weight[..., None]).sum(1), out[len(place):]]"
                               ")).clone(), n_tokens, width,"),
        "last_expert_only": Edit("total += weight[:, None] * y", "total = weight[:, None] * y"),
        "no_weights": Edit("total += weight[:, None] * y", "total += y"),
        "first_weight": Edit("weight_ptr + tokens * K + j", "weight_ptr + tokens * K"),
        "rows_as_they_come": Edit("y_ptr + place[:, None]", "y_ptr + (tokens * K + j)[:, None]"),
        "no_store_mask": Edit("total, mask=inside)", "total, mask=(columns < D)[None, :])"),
        "no_column_mask": Edit("total, mask=inside)", "total, mask=real[:, None])"),
        "columns_open": Edit("real[:, None] & (columns < D)[None, :]",
                             "real[:, None] & (columns >= 0)[None, :]"),
        "by_choice_first": Edit("tokens * K + j, mask=real, other=0)\n        "
                                "weight = tl.load(weight_ptr + tokens * K + j",
                                "tokens + j * n_tokens, mask=real, other=0)\n        "
                                "weight = tl.load(weight_ptr + tokens + j * n_tokens"),
        "weight_of_the_place": Edit("weight_ptr + tokens * K + j", "weight_ptr + place"),
        "added_to_what_stands": Edit("tl.store(out_ptr + tokens[:, None] * D + columns[None, :], ",
                                     "tl.atomic_add(out_ptr + tokens[:, None] * D + "
                                     "columns[None, :], "),
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
