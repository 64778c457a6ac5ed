"""Each process keeps a part of every tensor, and brings a layer together only while it computes.

FSDP2: before a block runs, its parameters are gathered from all processes; after it they are let
go again; in the backward pass each process gets the sum of its own part of the gradient. Memory
falls with the number of processes, and no formula of the model changes.

Experts are cut twice, on a mesh of their own with two axes. Example: 8 processes and
expert_parallel = 4 are a mesh of 2 x 4,

              ep 0        ep 1        ep 2        ep 3
    efsdp 0   process 0   process 1   process 2   process 3
    efsdp 1   process 4   process 5   process 6   process 7

Along `ep`, each process owns a quarter of the experts, and rows travel to them (experts.py); along
`efsdp`, a quarter is shared as any other tensor is, and is gathered when it is needed.

The gradient is summed and never averaged: a batch's tokens carry their weight in the loss of the
whole batch (rl/batch.py), so the sum over processes is right whoever had how many tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import (
    CPUOffloadPolicy,
    FSDPModule,
    MixedPrecisionPolicy,
    OffloadPolicy,
    fully_shard,
    register_fsdp_forward_method,
)
from torch.distributed.tensor import DTensor, Shard, distribute_tensor

from minir1.config import ParallelConfig, require
from minir1.model.dispatch import choose_backend
from minir1.model.moe import Experts
from minir1.model.router import Router
from minir1.model.transformer import Transformer
from minir1.run.distributed.box import box
from minir1.run.distributed.experts import to_their_owners
from minir1.run.distributed.recompute import recompute_blocks


@dataclass(frozen=True)
class Layout:
    """The meshes: `everyone` for what all processes share, `experts` with its two axes."""

    everyone: DeviceMesh
    experts: DeviceMesh

    @staticmethod
    def make(device: torch.device, size: int, parallel: ParallelConfig) -> Layout:
        """All processes in a row, and the same ones in rows of `expert_parallel`."""
        owners = parallel.expert_parallel
        experts = init_device_mesh(
            device.type, (size // owners, owners), mesh_dim_names=("efsdp", "ep")
        )
        return Layout(init_device_mesh(device.type, (size,), mesh_dim_names=("all",)), experts)


def shard(
    model: Transformer, device: torch.device, parallel: ParallelConfig, layout: Layout
) -> Transformer:
    """Cut a model into parts: a whole one, the same in every process, or one on the meta device."""
    owners = layout.experts["ep"]
    cure = f"use a divisor of model.n_routed_experts = {model.config.n_routed_experts}"
    fits = not model.config.n_moe_layers or model.config.n_routed_experts % owners.size() == 0
    require(fits, "parallel.expert_parallel", owners.size(), cure)
    here = choose_backend(model.config.backend, device)
    if owners.size() > 1:
        here = replace(here, run=to_their_owners(here.run, owners))
    model.use_backend(here)
    if parallel.activation_checkpointing:
        recompute_blocks(model)

    # Sums over processes are in float32 whatever the matrices compute in. Inputs aren't cast: the
    # angles of RoPE must stay exact, and the stream has its type from the embedding.
    exact = MixedPrecisionPolicy(reduce_dtype=torch.float32, cast_forward_inputs=False)
    rounded = torch.bfloat16 if parallel.dtype == "bfloat16" else None
    usual = MixedPrecisionPolicy(rounded, torch.float32, cast_forward_inputs=False)
    away = CPUOffloadPolicy(pin_memory=device.type == "cuda")
    where = away if parallel.offload_optimizer else OffloadPolicy()
    cut = partial(fully_shard, offload_policy=where, mp_policy=usual)
    for block in [*model.layers, *model.mtp]:
        for part in block.modules():
            if isinstance(part, Experts) and owners.size() > 1:
                cut_by_owner(part, owners)
                mesh = layout.experts["efsdp"]
                cut(part, mesh=mesh, shard_placement_fn=partial(inside, mesh.size()))
            elif isinstance(part, Router):  # a rounded score sends a token to another expert
                cut(part, mesh=layout.everyone, mp_policy=exact)
        cut(block, mesh=layout.everyone)
    cut(model, mesh=layout.everyone)
    register_fsdp_forward_method(model, "hidden")
    for part in model.modules():
        if isinstance(part, FSDPModule):
            # Sum, don't average. (Gloo knows no other factor, and 1 is the one that is right.)
            part.set_gradient_divide_factor(1.0)
            part.set_force_sum_reduction_for_comms(True)
    return model


def inside(shares: int, parameter: nn.Parameter) -> Shard:
    """Experts are cut by owner along axis 0, so what owners share is cut inside each expert."""
    even = [axis for axis in (1, 2) if parameter.shape[axis] % shares == 0]
    cure = f"{shares} processes would share each expert, and its sizes {tuple(parameter.shape[1:])}"
    require(bool(even), "processes / parallel.expert_parallel", shares, f"{cure} don't divide")
    return Shard(even[0])


def cut_by_owner(experts: Experts, owners: DeviceMesh) -> None:
    """Leave each process the experts that it owns."""
    for name, parameter in list(experts.named_parameters(recurse=False)):
        # Every process has the same whole tensor, so each takes its part without asking.
        part = distribute_tensor(parameter.data, owners, [Shard(0)], src_data_rank=None)
        setattr(experts, name, nn.Parameter(part))


@torch.no_grad()
def spread(whole: Mapping[str, Tensor] | None, model: Transformer, device: torch.device) -> None:
    """Give each process its parts of the tensors that process 0 has, one tensor at a time."""
    for name, part in model.state_dict().items():
        tensor = torch.empty(part.shape, dtype=part.dtype, device=device)
        if whole is not None:
            tensor.copy_(whole[name])
        dist.broadcast(tensor, src=0)
        local = part.to_local() if isinstance(part, DTensor) else part
        offset, shape = box(part)
        slices = tuple(slice(a, a + n) for a, n in zip(offset, shape, strict=True))
        local.copy_(tensor[slices])


@torch.no_grad()
def whole_copy(model: Transformer, device: torch.device, dtype: torch.dtype) -> Transformer:
    """A model with all weights in one piece, to sample from; routers stay in float32."""
    copy = Transformer(model.config, device="meta")
    routers = tuple(f"{name}." for name, m in model.named_modules() if isinstance(m, Router))
    weights = {}
    for name, tensor in model.state_dict().items():
        whole = tensor.to(device)
        if isinstance(whole, DTensor):
            whole = whole.full_tensor()
        exact = name.startswith(routers) if routers else False
        weights[name] = whole.to(device, torch.float32 if exact else dtype)
    copy.load_state_dict(weights, assign=True)
    return copy
