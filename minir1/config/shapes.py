"""The shapes of published models that recipes start from, as their files and papers give them."""

from __future__ import annotations

from minir1.config.model import ModelConfig

SMOLLM2 = ModelConfig(
    vocab_size=49152,
    dim=576,
    n_layers=30,
    n_dense_layers=30,
    inter_dim=1536,
    n_heads=9,
    attention="gqa",
    n_kv_heads=3,
    head_dim=64,
    n_shared_experts=0,
    score_func="softmax",
    rope_theta=100_000.0,
    max_seq_len=8192,
    norm_eps=1e-5,
)
"""The shape of SmolLM2-135M, a Llama; what its file says."""

MOONLIGHT = ModelConfig(
    vocab_size=163_840,
    dim=2048,
    n_layers=27,
    inter_dim=11_264,
    moe_inter_dim=1408,
    n_heads=16,
    kv_lora_rank=512,
    qk_nope_head_dim=128,
    qk_rope_head_dim=64,
    v_head_dim=128,
    n_routed_experts=64,
    n_shared_experts=2,
    n_activated_experts=6,
    route_scale=2.446,
    rope_theta=50_000.0,
    max_seq_len=8192,
    norm_eps=1e-5,
    tie_embeddings=False,
)
"""The shape of Moonlight-16B-A3B: DeepSeek-V3's architecture at 16B weights (arXiv 2502.16982)."""

DEEPSEEK_V3 = ModelConfig(
    vocab_size=129_280,
    dim=7168,
    n_layers=61,
    n_dense_layers=3,
    inter_dim=18_432,
    moe_inter_dim=2048,
    n_heads=128,
    q_lora_rank=1536,
    kv_lora_rank=512,
    qk_nope_head_dim=128,
    qk_rope_head_dim=64,
    v_head_dim=128,
    n_routed_experts=256,
    n_shared_experts=1,
    n_activated_experts=8,
    n_expert_groups=8,
    n_limited_groups=4,
    route_scale=2.5,
    max_seq_len=131_072,
    tie_embeddings=False,
)
"""The shape of DeepSeek-V3: 671B weights, 37B active (arXiv 2412.19437, 4.2)."""

DEEPSEEK_V2 = ModelConfig(
    vocab_size=102_400,
    dim=5120,
    n_layers=60,
    n_dense_layers=1,
    inter_dim=12_288,
    moe_inter_dim=1536,
    n_heads=128,
    q_lora_rank=1536,
    kv_lora_rank=512,
    qk_nope_head_dim=128,
    qk_rope_head_dim=64,
    v_head_dim=128,
    n_routed_experts=160,
    n_shared_experts=2,
    n_activated_experts=6,
    n_expert_groups=8,
    n_limited_groups=3,
    score_func="softmax",
    norm_topk_prob=False,
    route_scale=16.0,
    max_seq_len=131_072,
    tie_embeddings=False,
)
"""DeepSeek-V2: 236B parameters, 21B active (arXiv 2405.04434, 3.1)."""
