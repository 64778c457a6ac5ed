"""Grouped-query attention: several query heads share one head of keys and values.

    softmax(q k^T / sqrt(head_dim)) v                    (Ainslie et al. 2023, arXiv 2305.13245)

With n_kv_heads = n_heads this is the attention of 2017. Llama, Qwen and Mistral use fewer
key heads than query heads, which divides the cache by n_heads / n_kv_heads. Qwen3 also
normalises each head's query and key (`qk_norm`), so that no dot product can explode; Qwen2 adds a
bias to queries, keys and values instead (`qkv_bias`).

In the prompt's journey: the first half of each block. DeepSeek's answer is in `mla.py`.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from minir1.config import ModelConfig
from minir1.model.cache import LayerCache
from minir1.model.norm import RMSNorm
from minir1.model.rope import Rotation, rotate_halves


class GroupedQueryAttention(nn.Module):
    """Attention with `n_heads` queries over `n_kv_heads` keys and values."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.n_heads, self.n_kv_heads = config.n_heads, config.n_kv_heads
        self.head_dim = config.head_dim
        q_width, kv_width = self.n_heads * self.head_dim, self.n_kv_heads * self.head_dim
        self.q_proj = nn.Linear(config.dim, q_width, bias=config.qkv_bias)
        self.k_proj = nn.Linear(config.dim, kv_width, bias=config.qkv_bias)
        self.v_proj = nn.Linear(config.dim, kv_width, bias=config.qkv_bias)
        self.o_proj = nn.Linear(q_width, config.dim, bias=False)
        self.qk_norm = config.qk_norm
        if self.qk_norm:
            self.q_norm = RMSNorm(self.head_dim, config.norm_eps)
            self.k_norm = RMSNorm(self.head_dim, config.norm_eps)

    def forward(
        self, x: Float[Tensor, "B T D"], rotation: Rotation, cache: LayerCache | None = None
    ) -> Float[Tensor, "B T D"]:
        q = self.q_proj(x).unflatten(-1, (self.n_heads, self.head_dim))
        k = self.k_proj(x).unflatten(-1, (self.n_kv_heads, self.head_dim))
        v = self.v_proj(x).unflatten(-1, (self.n_kv_heads, self.head_dim))
        if self.qk_norm:
            q, k = self.q_norm(q), self.k_norm(k)
        q, k = rotate_halves(q, rotation), rotate_halves(k, rotation)
        mask = None
        if cache is not None:
            rows = cache.append(torch.cat((k.flatten(2), v.flatten(2)), dim=-1))
            if cache.visible is not None:
                mask = cache.visible[:, None]
                k, v = rows.unflatten(-1, (2, self.n_kv_heads, self.head_dim)).unbind(2)
        q, k, v = (tensor.transpose(1, 2) for tensor in (q, k, v))
        shape, shared = q.shape, self.n_kv_heads != self.n_heads
        if mask is not None and shape[2] == 1:
            # One new token: the queries that share a key head see the same keys, so they can be
            # its rows. Nothing is copied, and in bfloat16 on a CPU it takes a sixth of the time.
            q, shared = q.reshape(shape[0], self.n_kv_heads, -1, self.head_dim), False
            mask = mask.expand(-1, -1, q.shape[2], -1)
        heads = F.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, is_causal=mask is None, enable_gqa=shared
        ).reshape(shape)
        return self.o_proj(heads.transpose(1, 2).flatten(2))
