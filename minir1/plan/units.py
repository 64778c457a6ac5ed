"""What one process holds of each FSDP unit, from the shapes of the model's own blocks.

A unit is what FSDP gathers at once: a block, its router (in float32), its experts (on a mesh of
their own), and the root, which is everything outside of the blocks. Every tensor is cut along
axis 0 into W equal parts, so W doesn't always divide it and the last parts are padding:

    576 rows over 2048 processes    1 row each, 2048 rows are sent    (DeepSeek-V3's kv_a)

In the prompt's journey: nowhere; it weighs the model before the journey (`memory.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import torch
from torch import nn

from minir1.config import ModelConfig, ParallelConfig, require
from minir1.model.block import Block
from minir1.model.moe import Experts
from minir1.model.router import Router


@dataclass(frozen=True, slots=True)
class Unit:
    """`copies` units of one kind, such as 26 MoE blocks. Numbers are of one copy."""

    kind: str
    """block, router, experts or root."""
    copies: int
    whole: int
    """Numbers that a process holds while the unit is gathered, padding included."""
    local: int
    """Numbers that a process holds the rest of the time."""
    group: int
    """Processes that share it."""


def layout(config: ModelConfig, parallel: ParallelConfig, processes: int) -> list[Unit]:
    """The units of a model that `processes` share.

    >>> units = layout(ModelConfig(), ParallelConfig(), 1)
    >>> sum(unit.copies * unit.local for unit in units)
    376000
    """
    owners = parallel.expert_parallel
    cure = f"use a divisor of the {processes} GPUs that are planned"
    require(processes % owners == 0, "parallel.expert_parallel", owners, cure)
    cure = f"use a divisor of model.n_routed_experts = {config.n_routed_experts}"
    fits = not config.n_moe_layers or config.n_routed_experts % owners == 0
    require(fits, "parallel.expert_parallel", owners, cure)
    dense = config.n_layers - config.n_moe_layers
    found = []
    for layer, copies in ((0, dense), (dense, config.n_moe_layers)):
        if copies:
            with torch.device("meta"):
                block = Block(config, layer)
            found += list(_units(block, copies, processes, owners))
    vocabulary = [torch.Size((config.vocab_size, config.dim))] * (2 - config.tie_embeddings)
    return [*found, _unit("root", 1, [*vocabulary, torch.Size((config.dim,))], processes)]


def _units(block: Block, copies: int, processes: int, owners: int) -> Iterator[Unit]:
    """A block, and what in it is cut apart from it."""
    apart: set[nn.Parameter] = set()
    for part in block.modules():
        if isinstance(part, Router):
            apart |= set(part.parameters())
            yield _unit("router", copies, [p.shape for p in part.parameters()], processes)
        elif isinstance(part, Experts) and owners > 1:
            apart |= set(part.parameters())
            # Owners come first: what is left is shared, inside each expert, by W / owners.
            numbers = sum(p.numel() for p in part.parameters()) // owners
            shares = processes // owners
            yield Unit("experts", copies, numbers, numbers // shares, shares)
    rest = [p.shape for p in block.parameters() if p not in apart]
    yield _unit("block", copies, rest, processes)


def _unit(kind: str, copies: int, shapes: list[torch.Size], processes: int) -> Unit:
    local = sum(-(-shape[0] // processes) * prod(shape[1:]) for shape in shapes)
    return Unit(kind, copies, local * processes, local, processes)
