"""The closed forms against real modules, torch's counter, and DeepSeek's published numbers."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from minir1.config import ModelConfig
from minir1.model import KVCache, Transformer
from minir1.model.count import (
    active_parameters,
    cache_bytes,
    expert_matrices,
    forward_flops,
    parameters,
)

V3 = ModelConfig(
    vocab_size=129280, dim=7168, n_layers=61, n_dense_layers=3, inter_dim=18432,
    moe_inter_dim=2048, n_heads=128, q_lora_rank=1536, kv_lora_rank=512, qk_nope_head_dim=128,
    qk_rope_head_dim=64, v_head_dim=128, n_routed_experts=256, n_shared_experts=1,
    n_activated_experts=8, n_expert_groups=8, n_limited_groups=4, tie_embeddings=False,
)  # fmt: skip
SMALL = ModelConfig(dim=16, n_layers=3, v_head_dim=10)


@given(
    attention=st.sampled_from(["mla", "gqa"]),
    q_lora_rank=st.sampled_from([0, 5]),
    qk_norm=st.booleans(),
    qkv_bias=st.booleans(),
    tie=st.booleans(),
    shared=st.integers(0, 2),
    dense=st.integers(0, 3),
)
@settings(max_examples=25)
def test_parameters_equal_the_module(
    attention: str,
    q_lora_rank: int,
    qk_norm: bool,
    qkv_bias: bool,
    tie: bool,
    shared: int,
    dense: int,
) -> None:
    config = replace(
        SMALL, attention=attention, q_lora_rank=q_lora_rank, qk_norm=qk_norm, qkv_bias=qkv_bias,
        tie_embeddings=tie, n_shared_experts=shared, n_dense_layers=dense,
    )  # fmt: skip
    model = Transformer(config, device="meta")
    assert parameters(config) == sum(p.numel() for p in model.parameters())
    idle = config.n_routed_experts - config.n_activated_experts
    assert (
        parameters(config) - active_parameters(config)
        == idle * expert_matrices(config) * config.n_moe_layers
    )


def test_deepseek_v3_is_built_on_meta_with_671_billion_parameters() -> None:
    model = Transformer(V3, device="meta")
    assert sum(p.numel() for p in model.parameters()) == parameters(V3)
    assert parameters(V3) / 1e9 == pytest.approx(671, abs=0.1)
    assert active_parameters(V3) / 1e9 == pytest.approx(37, abs=1)
    assert cache_bytes(V3) == 61 * 576 * 2


@pytest.mark.parametrize("attention", ["mla", "gqa"])
def test_forward_flops_equal_torch_s_counter(attention: str) -> None:
    config, length = replace(SMALL, attention=attention), 12
    model = Transformer(config)
    counter = FlopCounterMode(display=False)
    # The counter knows the plain products of attention, but not the fused kernel of a CPU.
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:
        model(torch.zeros(2, length, dtype=torch.long))
    # The counter takes attention for dense: every token meets all of the sequence.
    assert counter.get_total_flops() == 2 * length * forward_flops(config, length)


def test_decoding_flops_equal_torch_s_counter() -> None:
    model, cache = Transformer(SMALL), KVCache(SMALL, 2, 16)
    with torch.no_grad():
        model(torch.zeros(2, 9, dtype=torch.long), cache=cache)
        with FlopCounterMode(display=False) as counter:
            model(torch.zeros(2, 1, dtype=torch.long), cache=cache)
    assert counter.get_total_flops() == 2 * forward_flops(SMALL, 10, "absorbed")


def test_cache_bytes_equal_the_cache() -> None:
    for attention in ("mla", "gqa"):
        config = replace(SMALL, attention=attention)
        cache = KVCache(config, batch=3, max_len=5, dtype=torch.bfloat16)
        assert cache.rows.numel() * cache.rows.element_size() == 15 * cache_bytes(config)
