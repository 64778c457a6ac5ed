"""Random models of five families, each as transformers has it and as our code loads it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

transformers = pytest.importorskip("transformers")

SIZES = {
    "vocab_size": 120,
    "hidden_size": 48,
    "intermediate_size": 80,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": 512,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": None,  # nothing ends a text: each has its 64 tokens
}
EXPERTS = {"moe_intermediate_size": 24, "num_experts_per_tok": 3, "norm_topk_prob": True}
V3 = {
    **SIZES,
    **EXPERTS,
    "num_key_value_heads": 4,
    "n_routed_experts": 8,
    "n_shared_experts": 1,
    "n_group": 1,
    "topk_group": 1,
    "first_k_dense_replace": 1,
    "q_lora_rank": None,
    "kv_lora_rank": 20,
    "qk_nope_head_dim": 12,
    "qk_rope_head_dim": 8,
    "v_head_dim": 10,
    "routed_scaling_factor": 1.0,
    "num_mtp_layers": 0,
}
GQA = {**SIZES, "num_key_value_heads": 2, "head_dim": 16}
QWEN2 = {**SIZES, "num_key_value_heads": 2}
QWEN_MOE = {**GQA, **EXPERTS, "num_experts": 8}


def yarn(factor: float = 8.0, **more: float) -> dict[str, Any]:
    """Rope words; 32 tokens of context before, so that 64 are well beyond it."""
    stretched = {"rope_type": "yarn", "factor": factor, "original_max_position_embeddings": 32}
    return {"rope_parameters": {**stretched, "rope_theta": 10000.0, "beta_fast": 4.0, **more}}


LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}

SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    "v3": ("DeepseekV3", V3),
    "v3 q_lora": ("DeepseekV3", {**V3, "q_lora_rank": 14}),
    "v3 groups": (
        "DeepseekV3",
        {**V3, "n_group": 4, "topk_group": 2, "routed_scaling_factor": 2.5, "q_lora_rank": 14},
    ),
    "v3 two shared, all experts": (
        "DeepseekV3",
        {**V3, "n_shared_experts": 2, "first_k_dense_replace": 0},
    ),
    "v3 no shared": ("DeepseekV3", {**V3, "n_shared_experts": 0}),
    "v3 all dense": ("DeepseekV3", {**V3, "first_k_dense_replace": 3}),
    "v3 no norm, scale": (
        "DeepseekV3",
        {**V3, "norm_topk_prob": False, "routed_scaling_factor": 1.7},
    ),
    "v3 tied": ("DeepseekV3", {**V3, "tie_word_embeddings": True}),
    "v3 eps, theta": (
        "DeepseekV3",
        {
            **V3,
            "rms_norm_eps": 1e-3,
            "rope_parameters": {"rope_type": "default", "rope_theta": 500.0},
        },
    ),
    "v3 yarn": ("DeepseekV3", {**V3, **yarn(mscale=1.0, mscale_all_dim=1.0)}),
    "v3 yarn, mscales differ": (
        "DeepseekV3",
        {**V3, "q_lora_rank": 14, **yarn(3.5, mscale=0.7, mscale_all_dim=0.4, beta_slow=2.0)},
    ),
    "qwen3_moe": ("Qwen3Moe", QWEN_MOE),
    "qwen3_moe dense first, no norm, tied": (
        "Qwen3Moe",
        {**QWEN_MOE, "norm_topk_prob": False, "mlp_only_layers": [0], "tie_word_embeddings": True},
    ),
    "qwen3": ("Qwen3", GQA),
    "qwen3 yarn, tied": ("Qwen3", {**GQA, "tie_word_embeddings": True, **yarn(4.0)}),
    "qwen2": ("Qwen2", QWEN2),
    "qwen2 tied, one key head": (
        "Qwen2",
        {**QWEN2, "num_key_value_heads": 1, "tie_word_embeddings": True},
    ),
    "llama one key head": ("Llama", {**GQA, "num_key_value_heads": 1}),
    "llama as many key heads, tied": (
        "Llama",
        {**SIZES, "num_key_value_heads": None, "tie_word_embeddings": True},
    ),
    "llama 3 rope": ("Llama", {**GQA, "rope_parameters": LLAMA3}),
}


@torch.no_grad()
def random_weights(model: torch.nn.Module, seed: int = 0) -> None:
    """Weights large enough that every branch moves the logits."""
    draw = torch.Generator().manual_seed(seed)
    for name, tensor in model.state_dict().items():
        if "norm" in name:
            tensor.uniform_(0.5, 1.5, generator=draw)
        elif name.endswith("e_score_correction_bias"):
            tensor.uniform_(-1.5, 0.2, generator=draw)  # some s + b are below zero
        elif tensor.numel():
            tensor.normal_(0, 1.2 * tensor.shape[-1] ** -0.5, generator=draw)


def theirs(shape: str) -> Any:
    """A random model of transformers."""
    family, words = SHAPES[shape]
    config = getattr(transformers, f"{family}Config")(**words)
    config._attn_implementation = "eager"
    model = getattr(transformers, f"{family}ForCausalLM")(config).eval()
    random_weights(model)
    model.generation_config.eos_token_id = None
    return model


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Any, Path]]:
    """The model of a shape, and the folder that transformers has saved it to."""
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    made: dict[str, tuple[Any, Path]] = {}

    def get(shape: str) -> tuple[Any, Path]:
        if shape not in made:
            folder = tmp_path_factory.mktemp("theirs") / "model"
            model = theirs(shape)
            model.save_pretrained(folder)
            made[shape] = model, folder
        return made[shape]

    return get


@pytest.fixture(params=SHAPES)
def pair(request: pytest.FixtureRequest, saved: Callable[[str], tuple[Any, Path]]) -> Any:
    """(theirs, ours) with the same weights, of every shape."""
    from minir1.model import hub

    model, folder = saved(request.param)
    return model, hub.load(folder)
