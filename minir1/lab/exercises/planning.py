"""Lesson 14, a free one: a budget to be planned, and the rubric that judges a plan."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from minir1 import recipes
from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.plan.chips import chip
from minir1.plan.recipe import plan

NOTEBOOK = "14_plan_and_price"
FIELDS = {"gpu": str, "gpus": int, "steps": int, "max_new_tokens": int, "hours": float}
LEAST_STEPS, LEAST_TOKENS = 100, 512
CLOSE, USED = 0.1, 0.5
"""How close the hours must be to the plan's, and which share of the money must be used."""


@functools.lru_cache(maxsize=64)
def planned(gpu: str, gpus: int, steps: int, longest: int) -> dict[str, float]:
    """What the package's own plan says of a choice; empty if it can't be planned."""
    config = recipes.get("h800_8")
    owners = min(config.parallel.expert_parallel, gpus)
    try:
        config = replace(
            config,
            zero=replace(config.zero, steps=steps, max_new_tokens=longest, length_schedule=()),
            parallel=replace(config.parallel, expert_parallel=owners),
        )
        found = plan(config, chip(gpu), gpus)
    except (ValueError, ZeroDivisionError):
        return {}
    over = sum(found.too_much.values())
    return {"dollars": found.dollars, "hours": found.total_hours, "over": over}


def rubric(what: str, dollars: float, value: Any) -> str:
    """One line of the rubric: "" if it is met, or the key of what is wrong."""
    if not isinstance(value, dict) or any(
        isinstance(value.get(name), bool) or not isinstance(value.get(name), kind | int)
        for name, kind in FIELDS.items()
        if kind is not str
    ) or not isinstance(value.get("gpu"), str):  # fmt: skip
        return "judge.no_plan"
    if not (0 < value["gpus"] <= 4096 and value["steps"] > 0 and value["max_new_tokens"] > 0):
        return "judge.no_plan"
    found = planned(*(value[name] for name in ("gpu", "gpus", "steps", "max_new_tokens")))
    if not found:
        return "judge.not_plannable"
    if what == "fits" and found["over"] > 0:
        return "judge.does_not_fit"
    if what == "money" and found["dollars"] > dollars:
        return "judge.too_dear"
    if what == "hours" and abs(value["hours"] - found["hours"]) > CLOSE * found["hours"]:
        return "judge.other_hours"
    if what == "worth":
        if value["steps"] < LEAST_STEPS or value["max_new_tokens"] < LEAST_TOKENS:
            return "judge.too_small"
        if found["dollars"] < USED * dollars:
            return "judge.money_left"
    return ""


def budget_cases(draw: Draw, what: str) -> Iterator[Case]:
    """A small budget and a large one."""
    for low, high in ((60.0, 120.0), (300.0, 1500.0)):
        dollars = round(draw.uniform(low, high), 2)
        yield Case((dollars,), judge=partial(rubric, what, dollars))


PLAN_BUDGET = Exercise(
    of=None,
    name="plan_budget",
    notebook=NOTEBOOK,
    difficulty=4,
    importance=5,
    minutes=40,
    needs=("held", "decode_step"),
    parts=(
        Part("fits", 2, lambda draw: budget_cases(draw, "fits")),
        Part("money", 2, lambda draw: budget_cases(draw, "money")),
        Part("hours", 1, lambda draw: budget_cases(draw, "hours")),
        Part("worth", 2, lambda draw: budget_cases(draw, "worth")),
    ),
    mistakes={
        "gpu_hours_for_hours": Edit("planned(steps).total_hours",
                                    "planned(steps).total_hours * gpus"),
        "price_of_one_gpu": Edit("95 * dollars", "95 * gpus * dollars"),
        "too_small_a_chip": Edit('"h800", 8, 1024', '"4090", 8, 1024'),
        "one_gpu": Edit('"h800", 8, 1024', '"h800", 4, 1024'),
        "a_fixed_run": Edit("int(95 * dollars / planned(100).dollars)", "100"),
        "nothing_left_over": Edit("95 * dollars", "130 * dollars"),
        "short_answers": Edit('"h800", 8, 1024', '"h800", 8, 128'),
        "hours_of_a_step": Edit("planned(steps).total_hours", "planned(steps).total_hours / steps"),
    },
    same={
        "11:36: 1024 -> 1025": "answers a token longer are as good a choice",
        "19:16: 95 -> 96": "a percent more of the money is as good a choice",
        "19:39: 100 -> 101": "the price of a step, taken from one more of them",
    },
    cpu_s=8.0,
)  # fmt: skip
