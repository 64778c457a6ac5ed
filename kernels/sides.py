"""The other sides of the benchmark: the same work as other people's code does it.

spec            a loop over the experts, in any precision: what all must equal
grouped_mm      torch's own grouped product, with torch's sort and gathers around it
liger           liger-kernel's fused MoE                     pip install liger-kernel==0.8.5
cuBLAS bmm      the products alone, with equal loads and no gather: a bound, not a layer
cce             Cut Cross-Entropy: -logprob only, no entropy pip install cut-cross-entropy==25.1.1
torch           the logits of all words, then log_softmax
matmul          hidden times vocabulary alone: a bound
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

Layer = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]
"""(x, topk_idx, topk_weight, gate_up, down) -> [N D]"""


def spec(x: Tensor, idx: Tensor, weight: Tensor, gate_up: Tensor, down: Tensor) -> Tensor:
    """The definition, one expert at a time; each place is written once."""
    n, k = idx.shape
    rows = torch.zeros(n * k, x.shape[1], dtype=x.dtype, device=x.device)
    flat = idx.flatten()
    for e in range(len(gate_up)):
        mine = (flat == e).nonzero()[:, 0]
        gate, up = F.linear(x[mine // k], gate_up[e]).chunk(2, dim=-1)
        rows = rows.index_copy(0, mine, F.linear(F.silu(gate) * up, down[e]))
    return (rows.view(n, k, -1) * weight[..., None]).sum(1).to(x.dtype)


def grouped_mm(x: Tensor, idx: Tensor, weight: Tensor, gate_up: Tensor, down: Tensor) -> Tensor:
    """The layer as torchtitan and transformers build it from `F.grouped_mm`."""
    n, k = idx.shape
    flat = idx.flatten()
    order = flat.argsort(stable=True)
    counts = torch.zeros(len(gate_up), dtype=torch.int32, device=x.device)
    counts.scatter_add_(0, flat, torch.ones_like(flat, dtype=torch.int32))
    ends = counts.cumsum(0, dtype=torch.int32)
    h = F.grouped_mm(x[order // k], gate_up.transpose(1, 2), offs=ends)
    gate, up = h.chunk(2, dim=-1)
    y = F.grouped_mm(F.silu(gate) * up, down.transpose(1, 2), offs=ends)
    rows = torch.empty_like(y).index_copy(0, order, y)
    return (rows.view(n, k, -1) * weight[..., None]).sum(1).to(x.dtype)


def bmm(lined_up: Tensor, gate_up: Tensor, down: Tensor) -> Tensor:
    """The two products of a layer in which every expert has its R / E rows side by side."""
    h = torch.bmm(lined_up, gate_up.transpose(1, 2))
    return torch.bmm(h[..., : down.shape[2]], down.transpose(1, 2))


def torch_route(logits: Tensor, bias: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Sigmoid scores, the K largest with the bias, weights without it that add up to 1."""
    scores = logits.sigmoid()
    chosen = (scores + bias).topk(k, dim=-1).indices
    weight = scores.gather(-1, chosen)
    return weight / weight.sum(-1, keepdim=True), chosen


def layers(interpret: bool) -> dict[str, Layer]:
    """Each whole layer that is installed here, ours first."""
    from minir1_kernels.moe import experts

    found: dict[str, Layer] = {"minir1": experts, "grouped_mm": grouped_mm}
    if find_spec("liger_kernel"):
        if interpret:  # the interpreter can't tune
            os.environ["LIGER_FUSED_MOE_AUTOTUNE"] = "0"

        def liger(x: Tensor, idx: Tensor, weight: Tensor, gate_up: Tensor, down: Tensor) -> Any:
            # Here, so that a package that can't be imported is this side's failure alone.
            from liger_kernel.ops.fused_moe import LigerFusedMoEFunction

            return LigerFusedMoEFunction.apply(x, gate_up, down, idx.int(), weight)

        found["liger"] = liger
    return found


def torch_logprobs(hidden: Tensor, vocabulary: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Logprob and entropy from all logits, as minir1's torch path has them."""
    log_p = torch.log_softmax(F.linear(hidden, vocabulary).float(), dim=-1)
    with torch.no_grad():
        entropy = -(log_p.exp() * log_p).sum(-1)
    return log_p.gather(-1, targets[:, None])[:, 0], entropy


def logprobs(interpret: bool) -> dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]]:
    """Each way to the logprobs of the targets, ours first."""
    from minir1_kernels.logprob import token_logprobs

    found: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
        "minir1": lambda h, w, t: token_logprobs(h, w, t)[0],
        "torch": lambda h, w, t: torch_logprobs(h, w, t)[0],
    }
    if find_spec("cut_cross_entropy") and not interpret:  # it asks the GPU for its name

        def cce(hidden: Tensor, words: Tensor, targets: Tensor) -> Tensor:
            from cut_cross_entropy import linear_cross_entropy

            # By default it leaves out the gradient of tiles in which every p is below 2^-12.
            # With random weights that is nearly all of them: here it computes what ours does.
            return -linear_cross_entropy(hidden, words, targets, reduction="none", filter_eps=None)

        found["cce"] = cce
    return found


def missing() -> list[str]:
    """A line for each side that is not installed."""
    return [
        f"{name} is not measured: pip install {pip}"
        for name, pip in (
            ("liger_kernel", "liger-kernel==0.8.5"),
            ("cut_cross_entropy", "cut-cross-entropy==25.1.1"),
        )
        if not find_spec(name)
    ]


def forward_of(call: Callable[..., Tensor], inputs: tuple[Tensor, ...]) -> Callable[[], object]:
    """What a sampler does: no gradient is kept."""

    def run() -> Tensor:
        with torch.no_grad():
            return call(*inputs)

    return run


def training_of(call: Callable[..., Tensor], inputs: tuple[Tensor, ...]) -> Callable[[], object]:
    """What a trainer does: forward, then the gradients of all inputs that have one."""
    leaves = [x.detach().requires_grad_(x.is_floating_point()) for x in inputs]
    wanted = [x for x in leaves if x.requires_grad]

    @cache
    def upstream() -> Tensor:
        """The same for every side of one shape; made by the first run, which is not timed."""
        with torch.no_grad():
            out = call(*inputs)
        rng = torch.Generator(out.device).manual_seed(1)
        return torch.randn(out.shape, generator=rng, device=out.device).to(out.dtype)

    def run() -> tuple[Tensor | None, ...]:
        return torch.autograd.grad(call(*leaves), wanted, upstream(), allow_unused=True)

    return run
