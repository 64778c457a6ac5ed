"""Does it fit, and if not: the nearest change that would.

Changes are tried in the order of what they cost: first what only takes a little time, then what
takes more GPUs. The first one that fits, alone or on top of those before it, is the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from minir1.config import Config
from minir1.plan.chips import Chip
from minir1.plan.memory import RESERVE, held, sampling, training
from minir1.plan.workload import Assumptions, workload


def peaks(config: Config, gpus: int, a: Assumptions) -> dict[str, dict[str, float]]:
    """Bytes of one GPU by kind, at its two peaks."""
    budget = max([length for _, length in config.zero.length_schedule], default=0)
    work = workload(config, gpus, a, max(budget, config.zero.max_new_tokens))
    always = held(config, gpus)
    spent = {kind: size for kind, size in always.items() if kind != "gradients"}
    return {
        "sampling": spent | sampling(config, gpus, work),
        "training": always | training(config, gpus, work),
    }


def too_much(config: Config, chip: Chip, gpus: int, a: Assumptions) -> dict[str, float]:
    """The peaks that don't fit, and the bytes by which they don't."""
    room = chip.memory * (1 - RESERVE)
    sums = {peak: sum(kinds.values()) for peak, kinds in peaks(config, gpus, a).items()}
    return {peak: total - room for peak, total in sums.items() if total > room}


def cure(config: Config, chip: Chip, gpus: int, a: Assumptions) -> list[str] | None:
    """Options of the command line that make it fit; an empty list if it fits as it is.

    None: no change that is known here helps, such as a model that is sampled whole in each
    process and is larger than a GPU. A server of several GPUs must sample for it then.
    """
    if not too_much(config, chip, gpus, a):
        return []
    together: list[str] = []
    changed, count = config, gpus
    for words, one, more in changes(config, gpus):
        if not too_much(one(config), chip, more, a):
            return [words]
        changed, count = one(changed), max(count, more)
        together = [old for old in together if old.split()[0] != words.split()[0]] + [words]
        if not too_much(changed, chip, count, a):
            return together
    return None


def changes(config: Config, gpus: int) -> Iterator[tuple[str, Callable[[Config], Config], int]]:
    """(option, the change, GPUs), the cheapest first."""

    def spread(**values: Any) -> Callable[[Config], Config]:
        return lambda c: replace(c, parallel=replace(c.parallel, **values))

    def zero(**values: object):
        return lambda c: replace(c, zero=replace(c.zero, **values))

    def tokens(number: int):
        return lambda c: replace(
            c, zero=replace(c.zero, optim=replace(c.zero.optim, micro_batch_tokens=number))
        )

    if not config.parallel.activation_checkpointing:
        yield "--parallel.activation-checkpointing", spread(activation_checkpointing=True), gpus
    for part in (2, 4, 8, 16):
        fewer = config.zero.optim.micro_batch_tokens // part
        if fewer:
            yield f"--zero.optim.micro-batch-tokens {fewer}", tokens(fewer), gpus
    whole = config.zero.questions_per_step * config.zero.group_size // gpus
    for part in (2, 4, 8, 16):
        rows = min(config.zero.rollout_batch or whole, whole) // part
        if rows:
            yield f"--zero.rollout-batch {rows}", zero(rollout_batch=rows), gpus
    if not config.parallel.offload_optimizer:
        yield "--parallel.offload-optimizer", spread(offload_optimizer=True), gpus
    for more in (2, 4, 8):
        yield f"--gpus {gpus * more}", (lambda c: c), gpus * more
