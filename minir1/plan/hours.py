"""Seconds, hours and dollars of a recipe: sampling, training, and sending weights.

    sampling   longest answer * seconds of one decoding step         (who is done waits)
    training   max(FLOPs / (peak * MFU), NVLink bytes / link, network bytes / network)
    step       sampling + training;   hours = steps * step + base + evaluations

One decoding step reads the weights that its rows use and their KV cache, computes, and starts
its kernels: the slowest of the three counts. FLOPs follow `model/count.py`; a reference costs
one more forward pass. All but the sizes is an assumption (`workload.py`), until preflight.
"""

from __future__ import annotations

from math import ceil

from minir1.config import Config
from minir1.model.count import active_parameters, cache_bytes, forward_flops, parameters
from minir1.plan.chips import Chip
from minir1.plan.memory import number_bytes
from minir1.plan.traffic import by_link
from minir1.plan.training_time import HOUR, flops_a_token
from minir1.plan.workload import Assumptions, Workload, workload


def decode_step(config: Config, chip: Chip, rows: int, context: float, a: Assumptions) -> float:
    """Seconds in which each of `rows` rows writes one token."""
    model, size = config.model, number_bytes(config)
    # Many rows together use nearly all experts; a few use only their own.
    weights = min(parameters(model), rows * active_parameters(model))
    read = size * weights + rows * context * cache_bytes(model, size)
    compute = rows * forward_flops(model, context, "absorbed") / (chip.flops * a.training_mfu)
    reading = read / (chip.memory_rate * a.memory_efficiency)
    return max(reading, compute, model.n_layers * a.layer_overhead_s)


def sampling_seconds(
    config: Config, chip: Chip, rows: int, rounds: int, longest: int, a: Assumptions
) -> float:
    """Seconds of all rounds; each ends with its longest answer."""
    return rounds * longest * decode_step(config, chip, rows, longest / 2, a)


def training_flops(config: Config, work: Workload) -> float:
    """FLOPs of the training of one step, of all GPUs together."""
    length = int(work.tokens / work.rollouts)
    once = flops_a_token(config.model, length)
    if config.zero.kl_coef:
        once += forward_flops(config.model, length / 2)
    return work.tokens * once


def step_seconds(
    config: Config, chip: Chip, gpus: int, a: Assumptions, budget: int = 0
) -> dict[str, float]:
    """Seconds of one step of RL, and what they go into."""
    work = workload(config, gpus, a, budget)
    links = by_link(config, gpus, work)
    limits = {
        "compute": training_flops(config, work) / gpus / (chip.flops * a.training_mfu),
        "NVLink": links["nvlink"] / chip.link,
        "network": links["network"] / chip.network,
    }
    sampled = sampling_seconds(config, chip, work.rollouts_at_once, work.rounds, work.longest, a)
    return {"sampling": sampled, "training": max(limits.values()), **limits}


def rl_hours(config: Config, chip: Chip, gpus: int, a: Assumptions) -> dict[str, float]:
    """Hours of sampling and of training over all steps, with the budget of tokens of each."""
    schedule = config.zero.length_schedule
    starts = sorted({0, *(step for step, _ in schedule if step < config.zero.steps)})
    hours = {"sampling": 0.0, "training": 0.0}
    for start, end in zip(starts, [*starts[1:], config.zero.steps], strict=True):
        seconds = step_seconds(config, chip, gpus, a, config.zero.budget(start))
        for part in hours:
            hours[part] += (end - start) * seconds[part] / HOUR
    return hours


def evaluation_hours(config: Config, chip: Chip, gpus: int, a: Assumptions) -> float:
    """Hours of the small evaluations on the way, and of the two whole ones."""
    plan = config.eval
    small = (config.zero.steps - 1) // plan.every if plan.every else 0
    total = 0.0
    for count, problems in ((small, plan.every_problems), (2, plan.problems * plan.samples)):
        mine = ceil(problems / gpus)
        rows = min(mine, plan.batch_size)
        rounds = ceil(mine / rows)
        total += count * sampling_seconds(config, chip, rows, rounds, plan.max_new_tokens, a)
    return total / HOUR


def base_hours(config: Config, chip: Chip, gpus: int, a: Assumptions) -> float:
    """Hours of pre-training a base of our own."""
    tokens = config.pretrain.steps * config.pretrain.sequences_per_step * a.document_tokens
    flops = tokens * flops_a_token(config.model, a.document_tokens)
    return flops / gpus / (chip.flops * a.training_mfu) / HOUR


def hours(config: Config, chip: Chip, gpus: int, a: Assumptions) -> dict[str, float]:
    """Hours of the whole run, by what they go into."""
    return {
        "base": base_hours(config, chip, gpus, a),
        **rl_hours(config, chip, gpus, a),
        "evaluation": evaluation_hours(config, chip, gpus, a),
    }
