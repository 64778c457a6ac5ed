"""Rotary position embedding: a token's position, written as an angle.

Two features make a pair, a point in the plane, and a point in the plane is a complex number.
At position p, pair j is turned by the angle p * frequency_j, with frequency_j =
theta^(-2j / dim). To turn is to multiply by a number of length 1:

    (a + ib)  ->  (a + ib) e^(i angle)                   (Su et al. 2021, arXiv 2104.09864)

The dot product of a turned query and a turned key depends on the distance of their
positions only. Two ways to choose the pairs exist, and weights trained for one are wrong
for the other: DeepSeek pairs neighbours (x0, x1), (x2, x3); Llama and Qwen pair the two
halves (x0, x_half), (x1, x_half+1).

In the prompt's journey: inside every attention layer; angles are computed once a forward.
"""

import torch
from jaxtyping import Complex, Float, Int
from torch import Tensor

from minir1.model.norm import widened

Rotation = Complex[Tensor, "#B T half"]
"""e^(i angle) of every position and pair; the batch axis is 1 if all rows agree."""


def rope_frequencies(
    dim: int, theta: int | float, device: torch.device | None = None
) -> Float[Tensor, "half"]:
    """How far each pair turns from one position to the next, in radians.

    >>> rope_frequencies(4, theta=100.0)
    tensor([1.0000, 0.1000])
    """
    exponents = torch.arange(0, dim, 2, device=device, dtype=torch.float32) / dim
    return theta**-exponents


def rotation(
    positions: Int[Tensor, "B T"], frequencies: Float[Tensor, "half"], length: float = 1.0
) -> Rotation:
    """The turns of these positions, in float32: bfloat16 can't tell position 256 from 257.

    A `length` other than 1 also stretches what is turned; only YaRN asks for that (`yarn.py`).
    """
    angles = positions[..., None] * frequencies
    return torch.polar(torch.full_like(angles, length), angles)


def rotate_pairs(x: Float[Tensor, "B T H rope"], rotation: Rotation) -> Float[Tensor, "B T H rope"]:
    """Turn the pairs (x0, x1), (x2, x3), ... as DeepSeek does."""
    pairs = widened(x).unflatten(-1, (-1, 2)).contiguous()
    turned = torch.view_as_complex(pairs) * rotation[:, :, None]
    return torch.view_as_real(turned).flatten(-2).to(x.dtype)


def rotate_halves(
    x: Float[Tensor, "B T H rope"], rotation: Rotation
) -> Float[Tensor, "B T H rope"]:
    """Turn the pairs (x0, x_half), (x1, x_half+1), ... as Llama and Qwen do."""
    turned = torch.complex(*widened(x).chunk(2, dim=-1)) * rotation[:, :, None]
    return torch.cat((turned.real, turned.imag), dim=-1).to(x.dtype)
