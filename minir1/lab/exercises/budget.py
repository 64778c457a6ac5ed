"""Lesson 14: what a run takes, in hours, bytes and dollars; and a budget to be planned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from minir1 import recipes
from minir1.config import Config, ModelConfig, ParallelConfig
from minir1.lab.exercises.planning import PLAN_BUDGET
from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.plan.chips import CHIPS
from minir1.plan.hours import decode_step
from minir1.plan.memory import held
from minir1.plan.training_time import gpu_hours
from minir1.plan.workload import Assumptions

NOTEBOOK = "14_plan_and_price"


def small_model(draw: Draw) -> ModelConfig:
    """A model whose sizes no process count divides evenly."""
    return ModelConfig(
        dim=draw.choice((24, 40, 56)), n_layers=draw.randint(2, 4), vocab_size=draw.randint(90, 200)
    )


def hour_cases(draw: Draw) -> Iterator[Case]:
    """Small and large models, short and long sequences."""
    for model in (small_model(draw), recipes.get("h800_8").model, small_model(draw)):
        yield Case(
            (
                model,
                draw.choice((512, 4096)),
                draw.uniform(1e6, 1e9),
                draw.uniform(1e10, 1e12),
                draw.uniform(0.05, 0.6),
            )
        )


GPU_HOURS = Exercise(
    of=gpu_hours,
    notebook=NOTEBOOK,
    difficulty=1,
    importance=4,
    minutes=10,
    parts=(Part("hours", 2, hour_cases),),
    mistakes={
        "seconds": Edit("seconds / 3600", "seconds"),
        "forward_only": Edit("flops / (peak", "flops / 3 / (peak"),
        "at_the_peak": Edit("peak * utilisation", "peak"),
        "utilisation_on_top": Edit("peak * utilisation", "peak / utilisation"),
        "minutes": Edit("seconds / 3600", "seconds / 60"),
        "one_token": Edit("tokens * flops_a_token", "flops_a_token"),
        "whole_sequence_looked_back": Edit("(model, sequence)", "(model, 2 * sequence)"),
    },
    atol=0.0,
)  # fmt: skip


def held_cases(draw: Draw, **given: Any) -> Iterator[Case]:
    """Some processes, with owners of experts among them."""
    for owners, times in ((1, 1), (1, 3), (2, 3), (4, 2)):
        base = Config(model=small_model(draw))
        parallel = ParallelConfig(
            expert_parallel=owners, offload_optimizer=given.get("offload", False)
        )
        zero = replace(base.zero, kl_coef=given.get("kl_coef", 0.0))
        yield Case((replace(base, parallel=parallel, zero=zero), owners * times))


HELD = Exercise(
    of=held,
    notebook=NOTEBOOK,
    difficulty=3,
    importance=4,
    minutes=20,
    parts=(
        Part("without", 2, held_cases),
        Part("reference", 1, lambda draw: held_cases(draw, kl_coef=draw.uniform(0.001, 0.1))),
        Part("offload", 1, lambda draw: held_cases(draw, kl_coef=0.01, offload=True)),
    ),
    mistakes={
        "copies_forgotten": Edit("unit.copies * unit.local", "unit.local"),
        "everything_whole": Edit("unit.copies * unit.local", "unit.copies * unit.whole"),
        "adam_once": Edit('"Adam": 8', '"Adam": 4'),
        "two_bytes": Edit('"weights, float32": 4', '"weights, float32": 2'),
        "no_reference": Edit("if config.zero.kl_coef > 0:", "if False:"),
        "always_a_reference": Edit("if config.zero.kl_coef > 0:", "if True:"),
        "offload_ignored": Edit("if config.parallel.offload_optimizer:", "if False:"),
        "shared_twice": Edit("size * local", "size * local / processes"),
    },
    rtol=1e-9,
    atol=0.5,
)


def decode_cases(draw: Draw, limit: str) -> Iterator[Case]:
    """Chips and models with which one of the three limits is the highest."""
    config = recipes.get("h800_8")
    for rows in (draw.randint(1, 3), draw.randint(60, 90), draw.randint(300, 400)):
        a = Assumptions(
            training_mfu=draw.uniform(0.1, 0.3) / (1e3 if limit == "arithmetic" else 1),
            memory_efficiency=draw.uniform(0.3, 0.7) / (20 if limit == "reading" else 1),
            layer_overhead_s=draw.uniform(4e-4, 9e-4) * (10 if limit == "kernels" else 0.001),
        )
        yield Case((config, draw.choice(CHIPS[:4]), rows, draw.uniform(500, 3000), a))


DECODE_STEP = Exercise(
    of=decode_step,
    notebook=NOTEBOOK,
    difficulty=3,
    importance=4,
    minutes=25,
    parts=tuple(
        Part(limit, 1, partial(decode_cases, limit=limit))
        for limit in ("kernels", "reading", "arithmetic")
    ),
    mistakes={
        "added_up": Edit("max(reading, arithmetic, starting)", "reading + arithmetic + starting"),
        "the_fastest": Edit("max(", "min("),
        "all_experts": Edit("min(rows * active_parameters(model), parameters(model))",
                            "parameters(model)"),
        "active_once": Edit("min(rows * active_parameters(model), parameters(model))",
                            "active_parameters(model)"),
        "no_cache": Edit("size * weights + cache", "size * weights"),
        "cache_of_one": Edit("rows * context * cache_bytes", "context * cache_bytes"),
        "numbers_for_bytes": Edit("size * weights + cache", "weights + cache"),
        "full_rate": Edit("(chip.memory_rate * a.memory_efficiency)", "chip.memory_rate"),
        "expanded": Edit(', "absorbed")', ")"),
        "arithmetic_of_one": Edit("= rows * forward_flops", "= forward_flops"),
    },
    atol=1e-9,
)  # fmt: skip


EXERCISES = (GPU_HOURS, HELD, DECODE_STEP, PLAN_BUDGET)
