"""What a compiler can't read, said again in words that it can.

`torch.compile` turns a function of tensors into one program (rl/compiled.py). Two things in the
model stop it. It writes no code for complex numbers, and turning a pair by its position is a
product of them:

    (a + ib)(cos + i sin)  =  (a cos - b sin)  +  i (a sin + b cos)

And it fixes what is computed before it has seen any data, so nothing may depend on how many
tokens an expert got. There all experts read all tokens, and those that were not chosen weigh
nothing: E / K times the products, in two calls. For few tokens calls cost more than products.

Each function below stands in for its namesake while a function is being compiled, and only then.
In the prompt's journey: inside the compiled step of the sampler.
"""

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from minir1.model import rope
from minir1.model.dispatch import experts_torch
from minir1.model.norm import widened


def rotation(positions: Tensor, frequencies: Tensor, length: float = 1.0) -> Tensor:
    """Cosine and sine of every angle, on a last axis of two."""
    angles = positions[..., None] * frequencies
    return torch.stack((angles.cos(), angles.sin()), dim=-1) * length


def rotate_pairs(x: Tensor, rotation: Tensor) -> Tensor:
    """Turn the pairs (x0, x1), (x2, x3), ..."""
    a, b = widened(x).unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack(_turned(a, b, rotation), dim=-1).flatten(-2).to(x.dtype)


def rotate_halves(x: Tensor, rotation: Tensor) -> Tensor:
    """Turn the pairs (x0, x_half), (x1, x_half+1), ..."""
    a, b = widened(x).chunk(2, dim=-1)
    return torch.cat(_turned(a, b, rotation), dim=-1).to(x.dtype)


def _turned(a: Tensor, b: Tensor, rotation: Tensor) -> tuple[Tensor, Tensor]:
    """The real and the imaginary part of the product."""
    cos, sin = rotation[:, :, None].unbind(-1)
    return a * cos - b * sin, a * sin + b * cos


def experts_of_few(
    x: Tensor,
    topk_idx: Tensor,
    topk_weight: Tensor,
    gate_up: Tensor,
    down: Tensor,
    splits: list[int] | None = None,
) -> Tensor:
    """All experts read all tokens; the weight of one that was not chosen is 0."""
    gate, up = (x @ gate_up.mT).chunk(2, dim=-1)  # (E, N, F) each
    said = (F.silu(gate) * up) @ down.mT  # (E, N, D)
    weights = topk_weight.new_zeros(len(x), len(gate_up)).scatter(1, topk_idx, topk_weight)
    return (said * weights.T[..., None]).sum(dim=0).to(x.dtype)


@functools.cache
def stand_in() -> None:
    """Let a compiler read these in place of their namesakes. Once a process: torch keeps a list."""
    pairs: list[tuple[Callable[..., Any], Callable[..., Any]]] = [
        (rope.rotation, rotation),
        (rope.rotate_pairs, rotate_pairs),
        (rope.rotate_halves, rotate_halves),
        (experts_torch, experts_of_few),
    ]
    for original, plain in pairs:
        torch.compiler.substitute_in_graph(original)(plain)
