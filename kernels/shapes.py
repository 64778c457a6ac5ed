"""What is measured: shapes, how tokens choose experts, and the least time each op can take.

    floor = max(FLOPs / 798 TFLOP/s, unique bytes / 3.0 TB/s)

The two rates are what an H100 sustains on bf16 products and on copies, so a floor is for that
chip and nothing else. Bytes count each element once: a token that is gathered K times is read
K times only where the L2 cache misses.

N tokens, D width of the model, F of an expert, E experts, K of them a token, R = N K rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

FLOPS, BYTES = 798e12, 3.0e12
"""An H100's rates a second."""
ELEMENT = 2
"""Bytes of a bf16 number."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One layer of experts, and one head for the token logprobs."""

    name: str
    N: int
    D: int
    F: int
    E: int
    K: int
    V: int
    rows: int
    """Tokens whose logprob is asked for."""

    @property
    def R(self) -> int:
        return self.N * self.K

    def floors_s(self) -> dict[str, float]:
        """Seconds below which an op can't fall on an H100; a layer's is the sum of its ops'."""
        floor = {
            op: max(flops / FLOPS, moved / BYTES) for op, (flops, moved) in self.work().items()
        }
        floor["layer"] = sum(floor[op] for op in ("up", "down", "combine"))
        backward = ("down_dh", "down_dw", "up_dx", "up_dw", "combine")
        floor["layer training"] = floor["layer"] + sum(floor[op] for op in backward)
        return floor

    def flops(self) -> dict[str, float]:
        """FLOPs of each op; those of a layer as public numbers count them, 6 and 18 R D F."""
        products = self.R * self.D * self.F
        layers = {"layer": 6.0 * products, "layer training": 18.0 * products}
        return {op: flops for op, (flops, _) in self.work().items()} | layers

    def work(self) -> dict[str, tuple[float, float]]:
        """(FLOPs, unique bytes) of each op."""
        n, d, f, e, k, r = self.N, self.D, self.F, self.E, self.K, self.R
        one = 2.0 * r * d * f
        x, w2, h, a = n * d, e * d * f, 2 * r * f, r * f
        products = {
            "up": (2 * one, x + 2 * w2 + h + a),
            "down": (one, a + w2 + r * d),
            "down_dh": (one, x + w2 + h + h + a),
            "down_dw": (one, x + a + w2),
            "up_dx": (2 * one, h + 2 * w2 + r * d),
            "up_dw": (2 * one, h + x + 2 * w2),
            "combine": (2.0 * r * d, r * d + n * d),
        }
        logits = 2.0 * self.rows * self.V * d
        return {
            # Logits in and scores out, in fp32; an id of 8 bytes and a weight of 4 a row.
            "route": (0.0, 8.0 * n * e + 12 * n * k),
            # An id of 8 bytes in; a row's number and its place, of 4 each, out.
            "sort": (0.0, 16.0 * r),
            **{op: (flops, float(ELEMENT * moved)) for op, (flops, moved) in products.items()},
            "logprob": (logits, ELEMENT * float(self.rows * d + self.V * d)),
            "logprob training": (4 * logits, 2 * ELEMENT * float(self.rows * d + self.V * d)),
        }


SHAPES = {
    shape.name: shape
    for shape in (
        Shape(name="qwen3-30b-a3b", N=32768, D=2048, F=768, E=128, K=8, V=151936, rows=8192),
        Shape(name="moonlight", N=16384, D=2048, F=1408, E=64, K=6, V=163840, rows=16384),
        Shape(name="laptop", N=8192, D=64, F=48, E=8, K=2, V=128, rows=8192),
        Shape(name="tiny", N=18, D=32, F=32, E=3, K=2, V=96, rows=18),
    )
}
"""Public models' layers at the batch where others report numbers, this project's own recipe
`laptop`, and one that the interpreter can run."""


def experts_of(shape: Shape, routing: str, device: str = "cpu") -> Tensor:
    """[N K] distinct experts of each token.

    "balanced": every expert gets equally many. "zipf": the expert of rank r is wanted 1 / r as
    much as the first, which is what an unbalanced router comes to.
    """
    rng = torch.Generator().manual_seed(0)
    names = torch.randperm(shape.E, generator=rng)
    if routing == "balanced":
        turn = torch.arange(shape.R).view(shape.N, shape.K)
        chosen = names[turn % shape.E][torch.randperm(shape.N, generator=rng)]
    else:
        # Gumbel's trick: the K largest of log p + noise are K draws without replacement.
        wanted = -torch.log(1.0 + torch.arange(shape.E))
        noise = -torch.log(-torch.log(torch.rand(shape.N, shape.E, generator=rng)))
        chosen = names[(wanted + noise).topk(shape.K, dim=1).indices]
    return chosen.to(device)


def layer_inputs(
    shape: Shape, routing: str, device: str, dtype: torch.dtype
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """x, topk_idx, topk_weight, gate_up and down, at the sizes that training has."""
    rng = torch.Generator(device).manual_seed(0)

    def normal(*size: int, std: float) -> Tensor:
        return (torch.randn(size, generator=rng, device=device) * std).to(dtype)

    n, d, f, e = shape.N, shape.D, shape.F, shape.E
    weight = torch.rand(n, shape.K, generator=rng, device=device)
    return (
        normal(n, d, std=1.0),
        experts_of(shape, routing, device),
        weight / weight.sum(1, keepdim=True),
        normal(e, 2 * f, d, std=d**-0.5),
        normal(e, d, f, std=f**-0.5),
    )
