"""Bytes that one GPU receives in a step, by collective and by link.

    all-gather       each unit, twice a pass: forward and backward; the root once
    reduce-scatter   each unit's gradients, once, in float32
    all-to-all       4 times the routed rows of a MoE layer, 6 with recomputation
    replica          every weight, once a step, gathered in float32 before it is rounded

Counted is the payload: the whole that a collective works on, the process's own part included.
Inside a machine it crosses NVLink. Between machines, a ring brings a payload into each machine
once, through all of its network cards; rows that travel to another machine take their own card.
"""

from __future__ import annotations

from dataclasses import dataclass

from minir1.config import Config
from minir1.plan.chips import Chip
from minir1.plan.memory import number_bytes
from minir1.plan.units import layout
from minir1.plan.workload import Workload

GPUS_A_MACHINE = 8


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes, by collective."""

    all_gather: float
    reduce_scatter: float
    all_to_all: float

    @property
    def total(self) -> float:
        return self.all_gather + self.reduce_scatter + self.all_to_all


def one_pass(config: Config, processes: int, tokens: int) -> Traffic:
    """Of one forward and backward pass over `tokens` tokens a process.

    >>> one_pass(Config(), 1, 1024).total
    0.0
    """
    gather = scatter = 0.0
    for unit in layout(config.model, config.parallel, processes):
        if unit.group > 1:
            size = 4 if unit.kind == "router" else number_bytes(config)
            times = 1 if unit.kind == "root" else 2
            gather += times * size * unit.copies * unit.whole
            scatter += 4 * unit.copies * unit.whole
    return Traffic(gather, scatter, travel(config, tokens))


def travel(config: Config, tokens: int) -> float:
    """Rows to the experts' owners and back, in both directions of the pass."""
    if config.parallel.expert_parallel == 1:
        return 0.0
    model = config.model
    times = 6 if config.parallel.activation_checkpointing else 4
    row = number_bytes(config) * model.dim
    return float(times * model.n_moe_layers * tokens * model.n_activated_experts * row)


def replica(config: Config, processes: int) -> float:
    """All weights, gathered for the sampler."""
    if processes == 1:
        return 0.0
    units = layout(config.model, config.parallel, processes)
    owners = {"experts": config.parallel.expert_parallel}
    return 4.0 * sum(u.copies * u.whole * owners.get(u.kind, 1) for u in units)


def collective_rates(chip: Chip, processes: int, owners: int) -> dict[str, float]:
    """Payload a second that a plan expects of each collective; none of one process.

    >>> from minir1.plan.chips import chip
    >>> {name: rate / 1e9 for name, rate in collective_rates(chip("h800"), 8, 8).items()}
    {'all-gather': 160.0, 'reduce-scatter': 160.0, 'all-to-all': 182.85714285714286}
    """
    if processes == 1:
        return {}
    owners = processes if owners == 1 else owners
    machines = -(-processes // GPUS_A_MACHINE)
    cards = min(processes, GPUS_A_MACHINE)
    ring = 1 / max(1 / chip.link, (1 - 1 / machines) / cards / chip.network)
    abroad = max(0.0, 1 - GPUS_A_MACHINE / owners)
    travel = 1 / max((1 - 1 / owners - abroad) / chip.link, abroad / chip.network)
    return {"all-gather": ring, "reduce-scatter": ring, "all-to-all": travel}


def by_link(config: Config, processes: int, work: Workload) -> dict[str, float]:
    """Bytes of a whole step over NVLink, and over the network of one GPU."""
    once = one_pass(config, processes, work.micro_batch_tokens)
    share = work.tokens / processes / (work.micro_batches * work.micro_batch_tokens)
    rows = work.micro_batches * once.all_to_all * share
    rings = work.micro_batches * (once.all_gather + once.reduce_scatter)
    rings += replica(config, processes)
    machines = -(-processes // GPUS_A_MACHINE)
    owners = config.parallel.expert_parallel
    abroad = max(0.0, 1 - GPUS_A_MACHINE / owners)
    network = rings * (1 - 1 / machines) / min(processes, GPUS_A_MACHINE) + rows * abroad
    own = 1 - 1 / owners
    return {
        "nvlink": (rings if processes > 1 else 0.0) + rows * (own - abroad if owners > 1 else 0.0),
        "network": network,
    }
