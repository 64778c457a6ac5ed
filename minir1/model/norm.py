"""RMSNorm: bring every token's vector to length sqrt(D), then scale each feature.

    y = x / sqrt(mean(x^2) + eps) * weight          (Zhang & Sennrich 2019, arXiv 1910.07467)

In the prompt's journey: before attention, before the experts, and before the head.

The mean of squares is computed in float32 even for a bfloat16 model: with 8 bits of
mantissa, a sum over thousands of features would lose most of its digits.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


def widened(x: Tensor) -> Tensor:
    """`x` in float32, or in float64 if it is that already. Free when there is nothing to do.

    >>> widened(torch.ones(1, dtype=torch.bfloat16)).dtype
    torch.float32
    """
    return x if x.dtype.itemsize >= 4 else x.float()


class RMSNorm(nn.Module):
    """Root-mean-square norm over the last axis."""

    def __init__(self, dim: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.eps = eps

    def forward(self, x: Float[Tensor, "... D"]) -> Float[Tensor, "... D"]:
        wide = widened(x)
        unit = F.rms_norm(wide, self.weight.shape, eps=self.eps)
        return unit.to(x.dtype) * self.weight
