"""Attention as a GPU's kernel keeps it, for a dry run on a CPU.

    a GPU's kernel      q, k, v, what the heads found, one sum a query      T * heads * widths
    torch on a CPU      the same without the sum, and all scores            T * T * heads

No kernel of torch's CPU takes keys that are wider than values, as those of latent attention are:
there, every score is kept for the backward pass. torch's memory-efficient kernel for GPUs takes
them, and its shapes are known without a GPU. So tensors without data go through it anywhere.

In the prompt's journey: before it, in `simulate.py`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from minir1.model.gqa import GroupedQueryAttention
from minir1.model.mla import MultiHeadLatentAttention
from minir1.model.transformer import Transformer


class KernelOfGPU(TorchFunctionMode):
    """Inside, attention without a mask goes through the GPU's kernel."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is F.scaled_dot_product_attention:
            return attend(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def attend(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    attn_mask: None = None,
    is_causal: bool = True,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """[B H T qk], [B H T qk], [B H T v] -> [B H T v], of tensors without data."""
    assert attn_mask is None and is_causal, "a training pass has no cache, and so no mask"
    if enable_gqa:  # heads that share a key are given copies of it
        k, v = (one.repeat_interleave(q.shape[1] // one.shape[1], dim=1) for one in (k, v))
    kernel = torch.ops.aten._scaled_dot_product_efficient_attention
    found, *_ = kernel(q, k, v, None, True, 0.0, True, scale=scale)
    return found


def attend_as_a_gpu(model: Transformer) -> None:
    """Let every block of the model attend so, also when it is computed again."""

    def within(forward: Any, *args: Any, **options: Any) -> Any:
        with KernelOfGPU():
            return forward(*args, **options)

    for part in model.modules():
        if isinstance(part, MultiHeadLatentAttention | GroupedQueryAttention):
            part.forward = partial(within, part.forward)
