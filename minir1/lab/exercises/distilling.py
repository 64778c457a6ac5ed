"""Lesson 11: a teacher's probabilities, whole epochs, and what a student really cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.rl.distillation import distillation_loss
from minir1.run.route import route_flops
from minir1.stages.sft import part_of_epoch

NOTEBOOK = "11_distillation_against_rl"


def teacher_cases(draw: Draw) -> Iterator[Case]:
    """Two models' logits, some rows longer than others; the student's gradient is compared too."""
    for rows, width, words, temperature in ((2, 5, 7, 1.0), (3, 4, 9, 2.0), (1, 6, 4, 0.5)):
        student, teacher = (draw.normal(rows, width, words, scale=2.0) for _ in range(2))
        mask = draw.coins(rows, width, chance=0.6)
        mask[0, 0], mask[-1, -1] = True, False
        yield Case((student, teacher, mask, temperature), grad=(0,))


def frozen_cases(draw: Draw) -> Iterator[Case]:
    """The teacher must not move; and nothing marked is nothing to learn."""
    student, teacher = draw.normal(2, 3, 5), draw.normal(2, 3, 5)
    mask = torch.ones(2, 3, dtype=torch.bool)
    yield Case((student, teacher, mask, 1.0), grad=(0, 1))
    yield Case((student, teacher, torch.zeros_like(mask), 1.0))
    one = torch.zeros_like(mask)
    one[1, 2] = True
    yield Case((student, teacher, one, 1.0))


DISTILLATION_LOSS = Exercise(
    of=distillation_loss,
    notebook=NOTEBOOK,
    difficulty=3,
    importance=4,
    minutes=20,
    parts=(Part("divergence", 3, teacher_cases), Part("frozen", 1, frozen_cases)),
    mistakes={
        "reverse": Edit(
            "log_p.exp() * (log_p - log_q)", "log_q.exp() * (log_q - log_p)"
        ),
        "cross_entropy": Edit("(log_p - log_q)", "(-log_q)"),
        "not_squared": Edit("temperature**2 * kept.sum()", "kept.sum()"),
        "padding_counts": Edit("kept.sum()", "each.sum()"),
        "all_places": Edit("mask.sum().clamp_min(1)", "mask.numel()"),
        "hard_teacher": Edit("teacher.detach() / temperature", "teacher.detach()"),
        "teacher_learns": Edit("teacher.detach()", "teacher"),
        "none_by_none": Edit(".clamp_min(1)", ""),
    },
)  # fmt: skip


def epoch_cases(draw: Draw) -> Iterator[Case]:
    """Steps inside an epoch, across its end, and of several epochs at once."""
    for count, size in ((7, 3), (12, 4), (5, 8), (1, 2)):
        items = [draw.randint(100, 999) for _ in range(count)]
        for step in (0, 1, 2, draw.randint(3, 9)):
            yield Case((items, size, step, f"{draw.randint(0, 99)}/dev1"))


PART_OF_EPOCH = Exercise(
    of=part_of_epoch,
    notebook=NOTEBOOK,
    difficulty=3,
    importance=3,
    minutes=20,
    parts=(Part("steps", 3, epoch_cases),),
    mistakes={
        "same_order": Edit('f"{seed}/{epoch}"', "seed"),
        "one_order": Edit('f"{seed}/{epoch}"', 'f"{seed}/0"'),
        "epoch_of_the_step": Edit(
            "epoch = place // len(items)", "epoch = step * size // len(items)"
        ),
        "not_shuffled": Edit('random.Random(f"{seed}/{epoch}").shuffle(order)', "pass"),
        "new_order_each_step": Edit('f"{seed}/{epoch}"', 'f"{seed}/{step}"'),
        "drawn_with_luck": Edit("order[place % len(items)]", "random.Random(place).choice(order)"),
        "starts_again": Edit("step * size, (step + 1) * size", "size"),
        "remainder_dropped": Edit(
            "for place in range(step * size, (step + 1) * size):",
            "whole = max(1, len(items) // size) * size\n"
            "    for place in range(step * size, (step + 1) * size):\n"
            "        place = place // whole * len(items) + place % whole",
        ),
    },
)


def pipeline(draw: Draw) -> tuple[dict[str, int], dict[str, str], dict[str, str]]:
    """A made-up pipeline: costs of its stages, whose weights each starts from, who taught it."""
    names = [f"stage{i}" for i in range(7)]
    draw.shuffle(names)
    base, *rest = names
    parents = {one: draw.choice(names[:i]) for i, one in enumerate(rest, 1)}
    teachers = {one: draw.choice(names[:i]) for i, one in enumerate(rest, 1) if draw.random() < 0.6}
    parents[rest[1]], teachers[rest[1]] = base, rest[0]
    parents[rest[-1]], teachers[rest[-1]] = rest[1], rest[2]
    teachers[rest[-2]] = parents[rest[-2]] = rest[1]
    costs = {one: draw.randint(1, 9) * 10**i for i, one in enumerate(names)}
    costs |= {f"samples of {one}": draw.randint(1, 9) * 10 ** (i + 8)
              for i, one in enumerate(names)}  # fmt: skip
    return costs | {"evaluate r1": 10**17}, parents, teachers


def route_cases(draw: Draw) -> Iterator[Case]:
    """Every stage of two made-up pipelines."""
    for _ in range(2):
        costs, parents, teachers = pipeline(draw)
        for stage in [one for one in costs if one.startswith("stage")]:
            yield Case((stage, costs, parents, teachers))


def simple_cases(draw: Draw) -> Iterator[Case]:
    """A base alone; a price that is missing is 0."""
    links: dict[str, Any] = {"zero": "base"}
    yield Case(("base", {"base": draw.randint(5, 99), "zero": 7}, links, {}))
    yield Case(("zero", {"base": draw.randint(5, 99)}, links, {}))


ROUTE_FLOPS = Exercise(
    of=route_flops,
    notebook=NOTEBOOK,
    difficulty=3,
    importance=5,
    minutes=20,
    parts=(Part("routes", 3, route_cases), Part("simple", 1, simple_cases)),
    mistakes={
        "teachers_free": Edit("todo.append(teachers[one])", "pass"),
        "samples_free": Edit("names.append(samples)", "pass"),
        "own_samples": Edit("samples of {teachers[one]}", "samples of {one}"),
        "stage_alone": Edit("if one in parents:", "if False:"),
        "paid_twice": Edit("if one in names:", "if False:"),
        "every_path": Edit(
            "        if one in names:\n            continue\n        names.append(one)\n"
            "        if one in parents:\n            todo.append(parents[one])\n"
            "        if one in teachers:\n            todo.append(teachers[one])\n"
            '            samples = f"samples of {teachers[one]}"\n'
            "            if samples not in names:\n                names.append(samples)\n",
            "        names.append(one)\n"
            "        todo += [links[one] for links in (parents, teachers) if one in links]\n"
            "        if one in teachers:\n"
            '            names.append(f"samples of {teachers[one]}")\n',
        ),
        "everything": Edit("for name in names)", "for name in costs)"),
    },
)  # fmt: skip

EXERCISES = (DISTILLATION_LOSS, PART_OF_EPOCH, ROUTE_FLOPS)
