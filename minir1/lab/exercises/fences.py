"""Memory of kernel exercises: poison around what is read, neighbours of what is written."""

from __future__ import annotations

import torch
from torch import Tensor

SPARE = 40
"""Numbers, or rows, behind the end of what is ours. Longer than any tile."""
TAKEN = -7
"""What stands there, and must stand there still."""


def fenced(values: Tensor, poison: int | float) -> Tensor:
    """The same numbers in the middle of longer memory: who reads beyond meets poison."""
    memory = torch.full((values.numel() + 4 * SPARE,), poison, dtype=values.dtype)
    mine = memory[2 * SPARE : 2 * SPARE + values.numel()]
    mine.copy_(values.flatten())
    return mine.view(values.shape)


def taken(rows: int, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Memory for `rows` rows, and more that belongs to somebody else."""
    return torch.full((rows + SPARE, *shape), TAKEN, dtype=dtype)
