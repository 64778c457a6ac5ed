"""The dry run: one training pass by the real code, as one of many simulated processes.

`run/distributed/simulate.py` runs the sharded model on tensors without data, and counts. To take
seconds in place of minutes it runs the model twice, with two and with three of its blocks that
have experts, and goes on in a straight line: each further block adds the same.

    whole = two + (three - two) * (blocks - 2)

It is the torch path, without the kernels: all logits are there at once, so the comparison gives
the formulas the same.

Attention keeps what a GPU's kernel keeps, and not all scores as torch does on a CPU
(`run/distributed/attention.py`).

What it can't see stays outside of both: the optimizer's step, gaps in the
allocator's memory, the kernels' workspace, and routing that is out of balance.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from minir1.config import Config
from minir1.plan.memory import held, peak_of_pass
from minir1.plan.traffic import one_pass
from minir1.plan.workload import Assumptions, workload

KINDS = ("all-gather", "reduce-scatter", "all-to-all")


def shortened(config: Config, blocks: int) -> Config:
    """The same with `blocks` of its repeated blocks; the backend is torch."""
    model = config.model
    first = min(model.n_dense_layers, model.n_layers)
    layers = first + blocks if model.n_moe_layers else blocks
    dense = first if model.n_moe_layers else layers
    model = replace(model, n_layers=layers, n_dense_layers=dense, backend="torch")
    return replace(config, model=model)


def repeated(config: Config) -> int:
    """How many blocks the model has of the kind that it has most of."""
    return config.model.n_moe_layers or config.model.n_layers


def dry_run(config: Config, gpus: int, tokens: int = 0) -> dict[str, Any]:
    """Bytes at the peak of one training pass, and bytes moved, with the formulas beside them."""
    from minir1.run.distributed.simulate import simulate

    work = workload(config, gpus, Assumptions())
    tokens = tokens or work.micro_batch_tokens
    length = min(tokens, work.longest)
    tokens = tokens // length * length
    blocks = repeated(config)
    if blocks <= 3:
        found = simulate(shortened(config, blocks), gpus, tokens, length, as_a_gpu=True)
        seen = found["memory"], found["traffic"]
    else:
        two, three = (
            simulate(shortened(config, n), gpus, tokens, length, as_a_gpu=True) for n in (2, 3)
        )
        seen = tuple(
            {k: two[part][k] + (three[part][k] - two[part][k]) * (blocks - 2) for k in two[part]}
            for part in ("memory", "traffic")
        )
    memory, traffic = seen
    return {
        "tokens": tokens,
        "memory": memory,
        "traffic": traffic,
        "compared": compare(config, gpus, tokens, memory["Total"], traffic),
    }


def formulas(config: Config, gpus: int, tokens: int) -> dict[str, float]:
    """What the formulas say of the same pass."""
    always = held(config, gpus)
    once = one_pass(config, gpus, tokens)
    peak = sum(peak_of_pass(config, gpus, tokens, fused=False).values())
    return {
        "memory": always["weights, float32"] + always["gradients"] + peak,
        "all-gather": once.all_gather,
        "reduce-scatter": once.reduce_scatter,
        "all-to-all": once.all_to_all,
    }


def compare(
    config: Config, gpus: int, tokens: int, peak: int, traffic: dict[str, int]
) -> dict[str, tuple[float, float]]:
    """(formula, dry run) of the peak and of each collective."""
    ours = formulas(config, gpus, tokens)
    theirs = {"memory": float(peak)} | {kind: float(traffic[kind]) for kind in KINDS}
    return {name: (ours[name], theirs[name]) for name in ours}
