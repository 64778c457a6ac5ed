"""Lesson 13: what lies where, what travels, and what all processes must agree on."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.lab.spmd import clip_norm, split_sizes, token_mean
from minir1.run.distributed.box import chunk

NOTEBOOK = "13_across_four_processes"


def even_cuts(draw: Draw) -> Iterator[Case]:
    """Axes that the number of processes divides."""
    for _ in range(3):
        size = draw.randint(2, 8)
        yield Case((size * draw.randint(1, 9), size, draw.randint(0, size - 1)))


def ragged_cuts(draw: Draw) -> Iterator[Case]:
    """Axes that it doesn't divide: every part of some of them, the last ones short or empty."""
    for length, size in ((5, 4), (10, 4), (3, 8), (draw.randint(20, 90), 7), (9, 5), (1, 2)):
        yield from (Case((length, size, index)) for index in range(size))


CHUNK = Exercise(
    of=chunk,
    notebook=NOTEBOOK,
    difficulty=2,
    importance=3,
    minutes=10,
    parts=(Part("even", 1, even_cuts), Part("ragged", 2, ragged_cuts)),
    mistakes={
        "rounded_down": Edit("(length + size - 1) // size", "length // size"),
        "like_cards": Edit("start = index * each", "start = index"),
        "spread_evenly": Edit(
            "each = (length + size - 1) // size",
            "each, more = divmod(length, size)\n"
            "    if more:\n"
            "        return index * each + min(index, more), each + (index < more)",
        ),
        "last_takes_the_rest": Edit(
            "each = (length + size - 1) // size",
            "each = length // size\n"
            "    if index == size - 1:\n"
            "        return index * each, length - index * each",
        ),
        "end_for_count": Edit("return start, end - start", "return start, end"),
        "over_the_end": Edit("if end > length:", "if False:"),
        "start_behind_the_end": Edit(
            "if start > length:\n        start = length", "if start > length:\n        end = start"
        ),
    },
    same={
        "12:7: start > length -> start >= length": "a start at the end stays where it is",
        "14:7: end > length -> end >= length": "an end at the end stays where it is",
    },
)


def rows_of(
    draw: Draw, size: int, n_experts: int, most: int
) -> tuple[tuple[torch.Tensor, int], ...]:
    """For each process the experts of its rows; the first one's rows all want the last expert."""
    data = [draw.integers(n_experts, draw.randint(0, most)) for _ in range(size)]
    data[0] = torch.full((draw.randint(2, most),), n_experts - 1)
    return tuple((rows, n_experts) for rows in data)


def travel_cases(draw: Draw, sizes: tuple[int, ...]) -> Iterator[Case]:
    for size in sizes:
        yield Case(rows_of(draw, size, size * draw.randint(2, 4), 12), world=True)


SPLIT_SIZES = Exercise(
    of=split_sizes,
    notebook=NOTEBOOK,
    difficulty=3,
    importance=5,
    minutes=20,
    parts=(
        Part("two", 2, lambda draw: travel_cases(draw, (2, 2))),
        Part("more", 2, lambda draw: travel_cases(draw, (3, 4))),
        Part("alone", 1, lambda draw: travel_cases(draw, (1,))),
    ),
    mistakes={
        "come_is_leave": Edit("[rows[peers.rank] for rows in everyone]", "leave"),
        "not_turned": Edit("[rows[peers.rank] for rows in everyone]", "everyone[peers.rank - 1]"),
        "interleaved": Edit("expert // each", "expert % peers.size"),
        "all_rows_come": Edit("[rows[peers.rank] for rows in everyone]",
                              "[sum(rows) for rows in everyone]"),
        "each_expert_once": Edit("expert_of_row.tolist()", "set(expert_of_row.tolist())"),
        "other_way_round": Edit("return leave, come", "return come, leave"),
        "own_rows_left_out": Edit("return leave, come",
                                  "leave[peers.rank] = come[peers.rank] = 0\n"
                                  "    return leave, come"),
    },
)  # fmt: skip


def loss_cases(draw: Draw, size: int, chances: tuple[float, ...]) -> Iterator[Case]:
    """Token losses and masks; each process has its own number of rows and of tokens."""
    for _ in range(2):
        data = []
        for rank in range(size):
            shape = (draw.randint(1, 4), draw.randint(2, 6))
            kept = draw.coins(*shape, chance=chances[rank % len(chances)])
            data.append((draw.normal(*shape).abs(), kept))
        yield Case(tuple(data), world=True)


TOKEN_MEAN = Exercise(
    of=token_mean,
    notebook=NOTEBOOK,
    difficulty=3,
    importance=5,
    minutes=20,
    parts=(
        Part("two", 2, lambda draw: loss_cases(draw, 2, (0.9, 0.4))),
        Part("idle", 1, lambda draw: loss_cases(draw, 4, (0.7, 0.0, 0.5, 1.0))),
        Part("nobody", 1, lambda draw: loss_cases(draw, 3, (0.0,))),
    ),
    mistakes={
        "own_tokens": Edit("sum(peers.gather(mine))", "mine"),
        "mean_of_means": Edit("sum(peers.gather(mine))", "mine * peers.size"),
        "mask_ignored": Edit("if kept:", "if True:"),
        "padding_counted": Edit("if kept:", "mine += not kept\n        if kept:"),
        "the_whole_in_each": Edit("return total / tokens",
                                  "return sum(peers.gather(total)) / tokens"),
        "not_divided": Edit("return total / tokens", "return total"),
        "rows_for_tokens": Edit("sum(peers.gather(mine))", "sum(peers.gather(len(losses)))"),
    },
)  # fmt: skip


def gradient_cases(draw: Draw, size: int, scale: float, max_norm: float) -> Iterator[Case]:
    """Parts of different shapes, and one process that holds nothing."""
    data = []
    for holder in range(size):
        shapes = [(draw.randint(1, 4), 3), (draw.randint(1, 5),)][: 1 + holder % 2]
        parts = [draw.normal(*shape, scale=scale) for shape in shapes]
        data.append((parts if holder != 2 else [torch.zeros(0, 3)], max_norm))
    yield Case(tuple(data), world=True)


CLIP_NORM = Exercise(
    of=clip_norm,
    notebook=NOTEBOOK,
    difficulty=3,
    importance=4,
    minutes=20,
    parts=(
        Part("long", 2, lambda draw: [*gradient_cases(draw, 2, 3.0, 1.0),
                                      *gradient_cases(draw, 4, 2.0, 0.5)]),
        Part("short", 1, lambda draw: [*gradient_cases(draw, 2, 0.01, 1.0),
                                       *gradient_cases(draw, 4, 0.01, 2.0)]),
    ),
    mistakes={
        "own_norm": Edit("sum(peers.gather(squares))", "squares"),
        "sum_of_norms": Edit("sum(peers.gather(squares))",
                             "sum(peers.gather(math.sqrt(squares))) ** 2"),
        "lengths_added": Edit(
            "squares += float((gradient.double() ** 2).sum())\n"
            "    whole = sum(peers.gather(squares))\n"
            "    norm = math.sqrt(whole)",
            "squares += float(gradient.double().norm())\n"
            "    norm = sum(peers.gather(squares))",
        ),
        "mean_of_squares": Edit("sum(peers.gather(squares))",
                                "sum(peers.gather(squares)) / peers.size"),
        "longest_part": Edit("sum(peers.gather(squares))", "max(peers.gather(squares))"),
        "no_root": Edit("math.sqrt(whole)", "whole"),
        "always_scaled": Edit("if norm > max_norm:", "if True:"),
        "norm_after": Edit("return norm, ", "return min(norm, max_norm), "),
        "not_scaled": Edit("[gradient * scale for gradient in gradients]", "list(gradients)"),
        "each_to_the_limit": Edit("scale = max_norm / norm",
                                  "scale = max_norm / max(1e-9, math.sqrt(squares))"),
    },
    same={"25:7: norm > max_norm -> norm >= max_norm": "at the limit the scale is 1"},
)  # fmt: skip

EXERCISES = (CHUNK, SPLIT_SIZES, TOKEN_MEAN, CLIP_NORM)
