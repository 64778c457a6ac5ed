"""What a model costs, from its config alone: parameters, FLOPs, and bytes of cache.

A matrix product of [m, k] and [k, n] costs 2 m k n FLOPs, so a token pays 2 FLOPs for each
weight that it meets. On top comes attention, which grows with the tokens it looks back on
(its context). The backward pass costs twice the forward pass: training costs 3 forwards.

Only matrix products are counted, as in every published FLOP count; the tests compare with
the real modules and with torch's own counter. Layers of multi-token prediction stay out of all
counts, as they do of DeepSeek-V3's 671B: no answer needs them.

In the prompt's journey: nowhere. It tells the bill of the journey before it starts.
"""

from __future__ import annotations

from typing import Literal

from minir1.config import ModelConfig
from minir1.model.cache import cache_width


def attention_matrices(config: ModelConfig) -> int:
    """Weights in the matrices of one attention layer."""
    dim, heads = config.dim, config.n_heads
    if config.attention == "gqa":
        return 2 * dim * config.head_dim * (heads + config.n_kv_heads)
    nope, rope, v = config.qk_nope_head_dim, config.qk_rope_head_dim, config.v_head_dim
    q_width, q_rank, kv_rank = heads * (nope + rope), config.q_lora_rank, config.kv_lora_rank
    q = dim * q_rank + q_rank * q_width if q_rank else dim * q_width
    kv = dim * (kv_rank + rope) + kv_rank * heads * (nope + v)
    return q + kv + heads * v * dim


def attention_vectors(config: ModelConfig) -> int:
    """Weights in the norms and biases inside one attention layer."""
    if config.attention == "gqa":
        norms = 2 * config.head_dim if config.qk_norm else 0
        biases = config.head_dim * (config.n_heads + 2 * config.n_kv_heads)
        return norms + (biases if config.qkv_bias else 0)
    return config.q_lora_rank + config.kv_lora_rank


def expert_matrices(config: ModelConfig) -> int:
    """Weights of one expert: gate, up and down."""
    return 3 * config.dim * config.moe_inter_dim


def _matrices(config: ModelConfig, experts: int) -> int:
    """Weights in all matrices of all blocks, with this many routed experts in a MoE layer."""
    moe_layers = config.n_moe_layers
    dense = (config.n_layers - moe_layers) * 3 * config.dim * config.inter_dim
    gate = config.dim * config.n_routed_experts
    moe = gate + (experts + config.n_shared_experts) * expert_matrices(config)
    return config.n_layers * attention_matrices(config) + dense + moe_layers * moe


def _embeddings_and_vectors(config: ModelConfig) -> int:
    vocabulary = config.vocab_size * config.dim * (1 if config.tie_embeddings else 2)
    return vocabulary + config.n_layers * (attention_vectors(config) + 2 * config.dim) + config.dim


def parameters(config: ModelConfig) -> int:
    """All weights. The routers' correction biases are buffers and don't count.

    >>> parameters(ModelConfig())
    376000
    """
    return _matrices(config, config.n_routed_experts) + _embeddings_and_vectors(config)


def active_parameters(config: ModelConfig) -> int:
    """Weights that one token uses: all but those of the experts it was not sent to.

    >>> active_parameters(ModelConfig())
    210112
    """
    return _matrices(config, config.n_activated_experts) + _embeddings_and_vectors(config)


def attention_flops(
    config: ModelConfig, context: int | float, form: Literal["naive", "absorbed"] = "naive"
) -> float:
    """FLOPs of one token's query meeting `context` tokens in one layer, projections apart."""
    heads = config.n_heads
    if config.attention == "gqa":
        return 2.0 * heads * 2 * config.head_dim * context
    if form == "absorbed":
        # Every head's query is as wide as a cached row, and brings back a whole latent.
        return 2.0 * heads * (cache_width(config) + config.kv_lora_rank) * context
    qk = config.qk_nope_head_dim + config.qk_rope_head_dim
    return 2.0 * heads * (qk + config.v_head_dim) * context


def forward_flops(
    config: ModelConfig, context: int | float, form: Literal["naive", "absorbed"] = "naive"
) -> float:
    """FLOPs a token of one forward pass, the head included.

    `context` is how many tokens the token attends to: T / 2 on average over a sequence of
    T. The naive form is for training and prefill, where each latent is expanded once; the
    absorbed form is for decoding, and its products with W_k and W_v cost just as much.
    """
    weights = _matrices(config, config.n_activated_experts) + config.vocab_size * config.dim
    return 2.0 * weights + config.n_layers * attention_flops(config, context, form)


def training_flops(config: ModelConfig, context: int | float) -> float:
    """FLOPs a token of one forward and backward pass."""
    return 3 * forward_flops(config, context)


def cache_bytes(config: ModelConfig, bytes_per_number: int = 2) -> int:
    """Bytes of KV cache that one token leaves in all layers; 2 a number in bfloat16.

    >>> cache_bytes(ModelConfig())
    320
    """
    return config.n_layers * cache_width(config) * bytes_per_number
