"""Layers to test the kernels with: inputs, adversarial routings, and the definitions to equal.

The definitions are loops over experts in the precision of their inputs: in float64 they are the
reference, in float32 and float16 the bar that a kernel's error is held to.
"""

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from minir1_kernels.sort import Sorted, sort


@dataclass(frozen=True)
class Layer:
    """The inputs of one layer of experts, and a gradient for its output."""

    x: Tensor
    idx: Tensor
    weight: Tensor
    gate_up: Tensor
    down: Tensor
    upstream: Tensor

    @property
    def floats(self) -> list[Tensor]:
        return [self.x, self.weight, self.gate_up, self.down]

    @property
    def rows(self) -> Sorted:
        return sort(self.idx, len(self.gate_up))

    def to(self, dtype: torch.dtype) -> "Layer":
        """The weights of the routing stay float32, as a router gives them, or are float64."""
        wide = torch.float64 if dtype == torch.float64 else torch.float32
        names = ("x", "gate_up", "down", "upstream")
        floats = {name: getattr(self, name).to(dtype) for name in names}
        return replace(self, weight=self.weight.to(wide), **floats)

    def on(self, device: str) -> "Layer":
        """The same on another device."""
        return Layer(*(getattr(self, field.name).to(device) for field in fields(self)))


def layer(
    n: int = 45, d: int = 40, f: int = 48, e: int = 5, k: int = 2, seed: int = 0,
    dtype: torch.dtype = torch.float32,
) -> Layer:  # fmt: skip
    """Tiles are 32 wide, so the defaults leave a ragged rest on every axis."""
    rng = torch.Generator().manual_seed(seed)
    x, upstream = torch.randn(2, n, d, generator=rng).to(dtype).unbind()
    idx = torch.rand(n, e, generator=rng).topk(k).indices
    weight = torch.rand(n, k, generator=rng)
    gate_up = (torch.randn(e, 2 * f, d, generator=rng) * 0.3).to(dtype)
    down = (torch.randn(e, d, f, generator=rng) * 0.3).to(dtype)
    return Layer(x, idx, weight, gate_up, down, upstream)


ROUTINGS = ("even", "empty experts", "all to one", "one row each", "full tiles")


def routed(case: str, n: int = 64, e: int = 6, seed: int = 0) -> Tensor:
    """Expert of each row, [n, 1]: loads that a kernel could stumble over."""
    if case == "even":
        return (torch.arange(n) % e)[:, None]
    if case == "empty experts":
        return torch.where(torch.arange(n) % 2 == 0, 1, e - 2)[:, None]
    if case == "all to one":
        return torch.full((n, 1), e - 1)
    if case == "one row each":  # tails of one row behind a large expert
        return torch.cat([torch.zeros(n - e + 1, dtype=torch.long), torch.arange(1, e)])[:, None]
    assert case == "full tiles" and n % 64 == 0
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))[:, None] // 32


def plain_up(x: Tensor, gate_up: Tensor, rows: Sorted, k: int) -> tuple[Tensor, Tensor]:
    """h and a in the sorted order."""
    gathered = x[rows.order.long() // k].split(counts(rows))
    h = torch.cat([F.linear(part, w) for part, w in zip(gathered, gate_up, strict=True)])
    gate, up = h.chunk(2, dim=-1)
    return h, F.silu(gate) * up


def plain_grouped(a: Tensor, matrices: Tensor, rows: Sorted) -> Tensor:
    """Each expert's rows times its matrix."""
    return torch.cat([p @ m for p, m in zip(a.split(counts(rows)), matrices, strict=True)])


def plain_dw(left: Tensor, right: Tensor, rows: Sorted) -> Tensor:
    """For each expert the sum of left^T right over its rows."""
    parts = zip(left.split(counts(rows)), right.split(counts(rows)), strict=True)
    return torch.stack([a.T @ b for a, b in parts])


def plain_layer(
    x: Tensor, weight: Tensor, gate_up: Tensor, down: Tensor, idx: Tensor
) -> tuple[Tensor]:
    """The whole layer, expert by expert, with no sort: rows are found by a mask."""
    dtype = torch.promote_types(x.dtype, weight.dtype)
    total = torch.zeros(*idx.shape, x.shape[1], dtype=dtype, device=x.device)
    for e in range(len(gate_up)):
        token, choice = (idx == e).nonzero(as_tuple=True)
        gate, up = F.linear(x[token], gate_up[e]).chunk(2, dim=-1)
        y = F.linear(F.silu(gate) * up, down[e]) * weight[token, choice][:, None]
        total = total.index_put((token, choice), y)
    return (total.sum(1).to(x.dtype),)


def counts(rows: Sorted) -> list[int]:
    """Rows of each expert."""
    return rows.offsets.diff().tolist()
