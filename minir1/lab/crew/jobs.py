"""What the processes of a crew do: pieces of a real run, each with the world that it is given.

All of them work with the published laptop run: its tokenizer, its problems, its trained routers.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

import torch

from minir1.config import Config, ParallelConfig
from minir1.lab.collectives import Diary
from minir1.model.transformer import Transformer
from minir1.rl.groups import sample_groups
from minir1.rl.types import Batch
from minir1.rl.update import update
from minir1.run.distributed import World, experts, join
from minir1.run.distributed.box import box
from minir1.run.home import published, read_config
from minir1.run.models import finished_model
from minir1.run.optim import build_optimizer
from minir1.stages.pretrain import corpus_task, document_batch
from minir1.tasks import make_task
from minir1.text.corpus import documents
from minir1.text.tokenizer import Tokenizer

CPU = torch.device("cpu")


def in_world(owners: int, orders: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[Any]:
    """Join the world that the environment describes, and do there one job after the other."""
    torch.set_num_threads(1)
    known, config = {one.__name__: one for one in JOBS}, settings(owners)
    with join(config) as world:
        for job, options in orders:
            yield known[job](world, config, **options)


def settings(owners: int = 1) -> Config:
    """The published run's config, spread over processes."""
    config = read_config(published("laptop"))
    return replace(config, parallel=ParallelConfig(expert_parallel=owners, timeout_s=120))


def base(world: World, config: Config) -> Transformer:
    """The published base: process 0 reads it, all hold their part of it."""
    make = partial(finished_model, config, published("laptop"), "pretrain", CPU)
    return world.place(make, config, CPU)


def batch(config: Config, rows: int, step: int = 0) -> Batch:
    """Documents of the base corpus; every process knows all of them."""
    pieces = documents(config.corpus, corpus_task(config.task), f"{config.seed}/{step}")
    return document_batch(list(islice(pieces, rows)), Tokenizer(config.model.vocab_size))


def introduce(world: World, config: Config) -> dict[str, str]:
    """What a launcher has told this process."""
    names = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR")
    return {name: os.environ[name] for name in names} | {"process": str(os.getpid())}


def hold(world: World, config: Config) -> list[tuple[str, tuple[int, ...], list[int], list[int]]]:
    """Each tensor of the model: its name, its whole shape, and the box of it that lies here."""
    model = base(world, config)
    return [(name, tuple(p.shape), *box(p)) for name, p in model.named_parameters()]


def sample(world: World, config: Config, questions: int, size: int, longest: int) -> dict[str, Any]:
    """One step's rollouts: which of them this process wrote, all of them, and its seconds."""
    model, task = base(world, config), make_task(config.task)
    zero = replace(
        config.zero, questions_per_step=questions, group_size=size, max_new_tokens=longest
    )
    tokenizer = Tokenizer(config.model.vocab_size)
    problems = task.problems("train", config.seed)
    started = time.process_time()
    with world.replica(model) as whole:
        groups, _ = sample_groups(
            whole, tokenizer, task, problems, zero, seed=config.seed, step=0, peers=world
        )
    rollouts = [one.completion_ids for group in groups for one in group.rollouts]
    keys = range(questions * size)
    at_once = -(-len(keys) // world.size)
    parts = [list(keys[i : i + at_once]) for i in range(0, len(keys), at_once)]
    dealt: dict[int, list[int]] = {}
    for rank, part in world.each(lambda part: (world.rank, part), parts):
        dealt.setdefault(rank, []).extend(part)
    return {
        "mine": dealt.get(world.rank, []),
        "rollouts": rollouts,
        "seconds": time.process_time() - started,
    }


def train(
    world: World, config: Config, steps: int, rows: int, tokens: int = 0
) -> list[dict[str, float]]:
    """Updates on documents: the loss and the length of the gradient of each."""
    model = base(world, config)
    optim = config.pretrain.optim
    optim = replace(optim, lr=optim.lr / 10, micro_batch_tokens=tokens or 2048)
    optimizer, seen = build_optimizer(model, optim), []
    for step in range(steps):
        one = update(model, optimizer, batch(config, rows, step), optim, peers=world)
        seen.append({"loss": one.loss, "grad_norm": one.grad_norm})
    return seen


def travel(world: World, config: Config, rows: int) -> list[dict[str, Any]]:
    """One forward pass, each process on its own documents: the rows of each MoE layer."""
    model, whole = base(world, config), batch(config, rows * world.size)
    mine = whole.rows(list(range(world.rank * rows, (world.rank + 1) * rows)))
    with watched() as seen, torch.no_grad():
        model.hidden(mine.inputs)
    ids = mine.inputs.flatten().tolist()
    return [{"ids": ids, **layer} for layer in seen]


@contextmanager
def watched() -> Iterator[list[dict[str, Any]]]:
    """Notes what each exchange of rows is told: its experts, and the rows that leave and come."""
    seen: list[dict[str, Any]] = []
    real = experts.row_counts

    def noted(expert_of_row: torch.Tensor, *rest: Any) -> Any:
        leaving, arriving = real(expert_of_row, *rest)
        seen.append({"experts": expert_of_row.tolist(), "leaving": leaving, "arriving": arriving})
        return leaving, arriving

    experts.row_counts = noted
    try:
        yield seen
    finally:
        experts.row_counts = real


def meetings(world: World, config: Config, rows: int) -> list[tuple[str, int]]:
    """Every collective of one training pass, in order: (kind, bytes)."""
    model, optim = base(world, config), config.pretrain.optim
    optimizer, whole = build_optimizer(model, optim), batch(config, rows * world.size)
    optim = replace(optim, micro_batch_tokens=whole.inputs.numel())
    update(model, optimizer, whole, optim, peers=world)
    with Diary() as diary:
        update(model, optimizer, whole, optim, peers=world)
    return diary.events


JOBS = (introduce, hold, sample, train, travel, meetings)
