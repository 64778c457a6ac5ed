"""The longest step, on trial: a few of the recipe's layers trained and sampled from, and timed.

The layers are the model's own, with its own vocabulary, processes, owners of experts and number
type; the rows are as long as they can get. The plan is asked for the same few layers, so that
like stands beside like: tokens a second of all processes together.

    training    one update (rl/update.py) of one micro-batch of longest rows a process
    sampling    one token for each row, behind a context as long as it gets
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch

from minir1.config import Config
from minir1.model.transformer import Transformer
from minir1.plan.chips import Chip
from minir1.plan.dry_run import shortened
from minir1.plan.hours import decode_step
from minir1.plan.traffic import collective_rates, one_pass
from minir1.plan.training_time import flops_a_token
from minir1.plan.workload import Assumptions, workload
from minir1.rl.batch import collate
from minir1.rl.rollout import sample
from minir1.rl.types import Batch, Rollout
from minir1.rl.update import update
from minir1.run.distributed import World
from minir1.run.optim import build_optimizer

LAYERS = 2
"""Of the kind that repeats, behind the first dense ones."""
FEW, MORE = 4, 20
"""Tokens written in two turns: their difference has no reading of the prompt in it."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried: one process's share of a longest step."""

    config: Config
    """With a few of its layers."""
    length: int
    """Tokens of each row."""
    rows: int
    """Of one micro-batch."""
    sampled: int
    """Rows that are sampled side by side."""


def trial(config: Config, most_tokens: int) -> Trial:
    """The longest step of a recipe, of at most `most_tokens` tokens in a micro-batch."""
    work = workload(config, config.gpus, Assumptions())
    short = shortened(config, LAYERS)
    model = replace(short.model, backend=config.model.backend)
    length = min(work.longest, config.model.max_seq_len, most_tokens)
    return Trial(
        config=replace(short, model=model),
        length=length,
        rows=max(1, min(work.micro_batch_tokens, most_tokens) // length),
        sampled=max(1, min(work.rollouts_at_once, most_tokens)),
    )


def found(tried: Trial, world: World) -> dict[str, float]:
    """Tokens a second of all processes, training and sampling."""
    config, device = tried.config, world.device(tried.config.device)
    world.workers(config.threads, device)
    policy = world.place(lambda: Transformer(config.model), config, device)
    optim = replace(config.zero.optim, micro_batch_tokens=tried.rows * tried.length)
    optimizer = build_optimizer(policy, optim)
    batch = longest_rows(tried, world).to(device)
    slowest = partial(seconds, world, device)
    training = slowest(lambda: update(policy, optimizer, batch, optim, peers=world))
    with world.replica(policy) as whole:
        few, more = (slowest(partial(write, whole, tried, n)) for n in (FEW, MORE))
    tokens = len(batch.inputs) * tried.length
    # On a busy machine the longer turn can be the faster one; it is no faster than no time.
    step = max(more - few, 1e-9) / (MORE - FEW)
    return {"training": tokens / training, "sampling": world.size * tried.sampled / step}


def planned(tried: Trial, chip: Chip, processes: int) -> dict[str, float]:
    """The same, as the plan would have it."""
    config, assumed = tried.config, Assumptions()
    mine = tried.rows * tried.length
    compute = mine * flops_a_token(config.model, tried.length) / chip.flops / assumed.training_mfu
    rates = collective_rates(chip, processes, config.parallel.expert_parallel)
    once = one_pass(config, processes, mine)
    moved = {
        "all-gather": once.all_gather,
        "reduce-scatter": once.reduce_scatter,
        "all-to-all": once.all_to_all,
    }
    travel = sum(moved[name] / rate for name, rate in rates.items())
    step = decode_step(config, chip, tried.sampled, float(tried.length), assumed)
    return {
        "training": processes * mine / max(compute, travel),
        "sampling": processes * tried.sampled / step,
    }


def longest_rows(tried: Trial, world: World) -> Batch:
    """A batch of rows without a meaning, a micro-batch for each process."""
    ids = torch.arange(tried.length + 1) % tried.config.model.vocab_size
    half = tried.length // 2
    prompt, completion = ids[:half].tolist(), ids[half:].tolist()
    row = Rollout(prompt, completion, [0.0] * len(completion), "length")
    rows = [row] * (tried.rows * world.size)
    return collate(rows, [0.0] * len(rows))


def write(whole: Transformer, tried: Trial, tokens: int) -> None:
    """Let each row write some tokens behind a context of the trial's length."""
    prompt = [1] * max(1, tried.length - MORE)
    keys = list(range(tried.sampled))
    sample(whole, [prompt] * len(keys), keys, max_new_tokens=tokens, eos_id=-1)


def seconds(world: World, device: torch.device, turn: Callable[[], object]) -> float:
    """The better of two turns after a first one, on the slowest process."""
    taken = []
    for _ in range(3):
        started = time.perf_counter()
        turn()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        taken.append(time.perf_counter() - started)
    return max(world.gather(min(taken[1:])))
