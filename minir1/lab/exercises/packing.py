"""Lesson 06, second half: pack rollouts into batches, and batches into micro-batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import torch

from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.rl.batch import collate, micro_batches
from minir1.rl.types import Rollout

NOTEBOOK = "06_rollouts_and_logprobs"
IDS, MASKS = ("inputs", "targets"), ("token_mask", "loss_mask")
NUMBERS = ("old_logprobs", "advantages", "weights")


def rollouts(draw: Draw, count: int) -> list[Rollout]:
    """Rollouts of different lengths, the longest not first."""
    found = []
    for number in range(count):
        length = draw.randint(1, 6) + (4 if number == 1 else 0)
        found.append(
            Rollout(
                prompt_ids=[draw.randint(1, 30) for _ in range(draw.randint(2, 4))],
                completion_ids=[draw.randint(1, 30) for _ in range(length)],
                logprobs=[-draw.random() - 0.1 for _ in range(length)],
                stop_reason="eos",
            )
        )
    return found


def collate_cases(draw: Draw, norm: str = "token") -> Iterator[Case]:
    """Groups of ragged rollouts; another padding than 0 shows who forgets it."""
    for count in (4, 3):
        found = rollouts(draw, count)
        advantages = [draw.gauss(0, 1) for _ in found]
        given = {"norm": norm, "fixed_length": 12, "pad_id": draw.randint(31, 39)}
        yield Case((found, advantages), given)


def only(*names: str, norms: Sequence[str] = ("token",)) -> Any:
    """Cases of a part that looks at some fields of the batch only."""

    def cases(draw: Draw) -> Iterator[Case]:
        for case in (one for norm in norms for one in collate_cases(draw, norm)):
            right = collate(*case.args, **case.kwargs)
            yield Case(case.args, case.kwargs, judge=partial(same_fields, right, names))

    return cases


def same_fields(right: Any, names: Sequence[str], value: Any) -> str:
    """Which of these fields of a batch is wrong."""
    fields = getattr(value, "fields", {})
    for name in names:
        mine, theirs = getattr(right, name), fields.get(name)
        if not isinstance(theirs, torch.Tensor) or theirs.shape != mine.shape:
            return f"judge.field_{name}"
        if (theirs.dtype is torch.bool) is not (mine.dtype is torch.bool):  # a mask is an index too
            return f"judge.field_{name}"
        if name == "inputs":  # a short row's last token may follow, or padding: nobody reads it
            theirs = torch.where(right.token_mask, theirs, mine)
        if not torch.allclose(theirs.double(), mine.double(), rtol=1e-4, atol=1e-6):
            return f"judge.field_{name}"
    return ""


COLLATE = Exercise(
    of=collate,
    notebook=NOTEBOOK,
    difficulty=4,
    importance=5,
    minutes=35,
    needs=("token_logprobs",),
    parts=(
        Part("shift", 1, only(*IDS)),
        Part("masks", 2, only(*MASKS)),
        Part("numbers", 2, only(*NUMBERS)),
        Part("norms", 1, only(*IDS, *MASKS, *NUMBERS, norms=("sequence", "fixed"))),
    ),
    mistakes={
        "not_shifted": Edit("targets=ids[:, 1:]", "targets=ids[:, :-1]"),
        "prompt_learned": Edit("loss_mask[row, first:last] = True", "loss_mask[row, :last] = True"),
        "mask_one_late": Edit("first, last = len(rollout.prompt_ids) - 1, len(text) - 1",
                              "first, last = len(rollout.prompt_ids), len(text)"),
        "end_not_learned": Edit("loss_mask[row, first:last] = True",
                                "loss_mask[row, first : last - 1] = True"),
        "padding_counts": Edit("token_mask[row, :last] = True", "token_mask[row, :] = True"),
        "padded_left": Edit("ids[row, : len(text)] = torch.tensor(text)",
                            "ids[row, -len(text) :] = torch.tensor(text)"),
        "first_logprob_lost": Edit("old[row, first:last] = torch.tensor(rollout.logprobs)",
            "old[row, first + 1 : last] = torch.tensor(rollout.logprobs[1:])"),
        "advantage_on_prompt": Edit("column * loss_mask", "column * token_mask"),
        "pad_with_zero": Edit("longest), pad_id)", "longest), 0)"),
        "length_of_all": Edit("[len(rollout.completion_ids) for rollout in rollouts]",
                              "[len(rollout) for rollout in rollouts]"),
    },
)  # fmt: skip


def packing_cases(draw: Draw, check: Any) -> Iterator[Case]:
    """Short and long rows, and one that is longer than a whole micro-batch."""
    for most in (60, 200):
        lengths = [draw.randint(3, 50) for _ in range(draw.randint(8, 14))]
        lengths[0], lengths[3] = most + 7, most // 2
        yield Case((lengths, most), judge=partial(check, lengths, most))
    exact = [20, 30, 20, 30, 20]  # two and three of a kind fill a micro-batch to the last token
    yield Case((exact, 60), judge=partial(check, exact, 60))


def is_partition(lengths: Sequence[int], most: int, value: Any) -> str:
    """Every row is in exactly one micro-batch."""
    rows = [row for part in listed(value) for row in part]
    return "" if sorted(rows) == list(range(len(lengths))) else "judge.no_partition"


def fits(lengths: Sequence[int], most: int, value: Any) -> str:
    """No micro-batch of several rows is over the limit, padding counted."""
    if said := is_partition(lengths, most, value):
        return said
    over = any(
        len(part) > 1 and len(part) * max(lengths[row] for row in part) > most
        for part in listed(value)
    )
    return "judge.over_the_limit" if over else ""


def is_tight(lengths: Sequence[int], most: int, value: Any) -> str:
    """Not more micro-batches, nor more padding, than rows sorted by length need."""
    if said := fits(lengths, most, value):
        return said
    right, parts = micro_batches(lengths, most), listed(value)
    if len(parts) > len(right):
        return "judge.too_many_parts"
    widths = [
        sum(len(part) * max(lengths[row] for row in part) for part in one) for one in (parts, right)
    ]
    return "judge.too_much_padding" if widths[0] > widths[1] else ""


def listed(value: Any) -> list[list[int]]:
    """A value that should be a list of lists of row numbers, without empty ones."""
    if not isinstance(value, list) or not all(isinstance(part, list) for part in value):
        return []
    whole = all(type(row) is int and row >= 0 for part in value for row in part)
    return [part for part in value if part] if whole else []


MICRO_BATCHES = Exercise(
    of=micro_batches,
    notebook=NOTEBOOK,
    difficulty=3,
    importance=3,
    minutes=20,
    parts=(
        Part("every_row_once", 1, lambda draw: packing_cases(draw, is_partition)),
        Part("within_the_limit", 1, lambda draw: packing_cases(draw, fits)),
        Part("tight", 1, lambda draw: packing_cases(draw, is_tight)),
    ),
    mistakes={
        "rows_for_tokens": Edit("(len(part) + 1) * lengths[part[0]] <= max_tokens",
                                "len(part) + 1 <= max_tokens"),
        "sum_of_lengths": Edit("(len(part) + 1) * lengths[part[0]] <= max_tokens",
                               "sum(lengths[r] for r in part) + lengths[row] <= max_tokens"),
        "not_sorted": Edit("order.sort(key=lambda row: -lengths[row])", "pass"),
        "shortest_first": Edit("order.sort(key=lambda row: -lengths[row])",
                               "order.sort(key=lambda row: lengths[row])"),
        "one_row_each": Edit("(len(part) + 1) * lengths[part[0]] <= max_tokens", "False"),
        "last_part_lost": Edit("return [*parts, part]", "return parts"),
        "long_rows_dropped": Edit("order = list(range(len(lengths)))",
            "order = [row for row in range(len(lengths)) if lengths[row] <= max_tokens]"),
        "one_too_many": Edit("(len(part) + 1) * lengths[part[0]]", "len(part) * lengths[part[0]]"),
    },
)  # fmt: skip

EXERCISES = (COLLATE, MICRO_BATCHES)
