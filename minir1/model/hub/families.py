"""A model's shape in Hugging Face's words: `config.json` into a `ModelConfig`, and back.

Five families are one class here; which one a config is follows from what it says:

    deepseek_v3   latent attention, sigmoid router with a correction bias
    qwen3_moe     grouped-query attention with norms on q and k, softmax router
    qwen3         the same without experts
    qwen2         with biases on q, k and v in their place
    llama         with neither

What the class can't compute is refused by name: nothing is ignored in silence.

In the prompt's journey: before it, when a model comes from outside.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from minir1.config import ModelConfig
from minir1.model.hub.rope import read_rope, write_rope
from minir1.model.hub.words import checked, refusal, require_fixed

FAMILIES = {
    "deepseek_v3": "DeepseekV3ForCausalLM",
    "qwen3_moe": "Qwen3MoeForCausalLM",
    "qwen3": "Qwen3ForCausalLM",
    "qwen2": "Qwen2ForCausalLM",
    "llama": "LlamaForCausalLM",
}
REFUSED = {
    "deepseek_v2": "DeepSeek-V2 and V2-Lite route by a softmax without a correction bias",
    "olmoe": "OLMoE normalises q and k over the full width and may clip them",
}

# Our name -> theirs. Present in a family's config.json under that name, or absent.
SHARED = {
    "vocab_size": "vocab_size",
    "dim": "hidden_size",
    "n_layers": "num_hidden_layers",
    "inter_dim": "intermediate_size",
    "n_heads": "num_attention_heads",
    "max_seq_len": "max_position_embeddings",
    "norm_eps": "rms_norm_eps",
    "tie_embeddings": "tie_word_embeddings",
}
EXPERTS = {
    "moe_inter_dim": "moe_intermediate_size",
    "n_activated_experts": "num_experts_per_tok",
    "norm_topk_prob": "norm_topk_prob",
}
GQA = {"n_kv_heads": "num_key_value_heads", "head_dim": "head_dim"}
DEEPSEEK = {
    "q_lora_rank": "q_lora_rank",
    "kv_lora_rank": "kv_lora_rank",
    "qk_nope_head_dim": "qk_nope_head_dim",
    "qk_rope_head_dim": "qk_rope_head_dim",
    "v_head_dim": "v_head_dim",
    "n_dense_layers": "first_k_dense_replace",
    "n_routed_experts": "n_routed_experts",
    "n_shared_experts": "n_shared_experts",
    "n_expert_groups": "n_group",
    "n_limited_groups": "topk_group",
    "route_scale": "routed_scaling_factor",
    "n_mtp_layers": "num_nextn_predict_layers",
}
QWEN_MOE = {"n_routed_experts": "num_experts"}
WORDS = {
    "deepseek_v3": SHARED | EXPERTS | DEEPSEEK,
    "qwen3_moe": SHARED | EXPERTS | GQA | QWEN_MOE,
    "qwen3": SHARED | GQA,
    "qwen2": SHARED | GQA,
    "llama": SHARED | GQA,
}
# What a word means that config.json may leave out.
DEFAULTS: dict[str, dict[str, Any]] = {
    "deepseek_v3": {"num_nextn_predict_layers": 0},
    "qwen3_moe": {"head_dim": None, "num_experts": 0},
    "qwen3": {"head_dim": 128},
    "qwen2": {"head_dim": None},
    "llama": {"head_dim": None, "num_key_value_heads": None},
}
EVERYWHERE = {"tie_word_embeddings": False, "rms_norm_eps": 1e-6}


def family_of(config: ModelConfig) -> str:
    """The family whose readers can load this model.

    >>> family_of(ModelConfig())
    'deepseek_v3'
    """
    experts = config.n_moe_layers + config.n_mtp_layers > 0
    softmax = config.score_func == "softmax"
    if config.attention == "mla" and not (experts and softmax):
        return "deepseek_v3"
    plain = config.n_shared_experts == 0 and config.n_expert_groups == 1 and config.route_scale == 1
    norms, biases = config.qk_norm, config.qkv_bias
    if config.attention == "gqa" and not config.n_mtp_layers and not (norms and biases):
        if not experts:
            return "qwen3" if norms else "qwen2" if biases else "llama"
        if softmax and plain and norms:
            return "qwen3_moe"
    raise ValueError(
        f"no family on the hub has attention = {config.attention!r} with this router: "
        'use "mla" with score_func "sigmoid" (deepseek_v3), or "gqa" with qk_norm, "softmax", no '
        "shared expert, one group, route_scale 1 and no MTP layer (qwen3_moe), or no experts and "
        "at most one of qk_norm and qkv_bias (qwen3, qwen2, llama)"
    )


def read_config(words: Mapping[str, Any]) -> ModelConfig:
    """The `ModelConfig` of a parsed config.json, or a ValueError that names what doesn't fit."""
    family = words.get("model_type")
    if not isinstance(family, str) or family not in FAMILIES:
        raise ValueError(_unknown(family))
    require_fixed(words)
    ours: dict[str, Any] = {}
    given = EVERYWHERE | DEFAULTS[family] | dict(words)
    if family == "qwen3_moe" and given["num_experts"] in (0, None):
        given["num_experts"] = words.get("num_local_experts", 0)
    for name, word in WORDS[family].items():
        if word not in given:
            raise ValueError(f"config.json has no {word}: a {family} model needs it")
        ours[name] = given[word]
    ours = checked(ours, WORDS[family])
    if family == "deepseek_v3":
        ours |= {"attention": "mla", "score_func": "sigmoid"}
        ours["q_lora_rank"] = ours["q_lora_rank"] or 0
        if words.get("num_key_value_heads") not in (None, ours["n_heads"]):
            raise ValueError(refusal("num_key_value_heads", words["num_key_value_heads"]))
    else:
        ours |= {"attention": "gqa", "score_func": "softmax"}
        ours |= {"qk_norm": family.startswith("qwen3"), "qkv_bias": family == "qwen2"}
        ours["n_kv_heads"] = ours["n_kv_heads"] or ours["n_heads"]
        ours["head_dim"] = ours["head_dim"] or ours["dim"] // max(1, ours["n_heads"])
        ours |= {"n_shared_experts": 0, "n_dense_layers": ours["n_layers"]}
    if family == "qwen3_moe":
        ours["n_dense_layers"] = _dense_first(words.get("mlp_only_layers") or [])
    for name in ("norm_eps", "route_scale"):
        if name in ours:
            ours[name] = float(ours[name])
    return ModelConfig(**ours, **read_rope(words))


def write_config(config: ModelConfig, dtype: str) -> dict[str, Any]:
    """The words of config.json: all that transformers reads, and all that servers look for."""
    family = family_of(config)
    words: dict[str, Any] = {"architectures": [FAMILIES[family]], "model_type": family}
    words |= {word: getattr(config, name) for name, word in WORDS[family].items()}
    words |= {"hidden_act": "silu", "attention_dropout": 0.0}
    words |= {"dtype": dtype, "torch_dtype": dtype, "use_cache": True, "initializer_range": 0.02}
    words |= write_rope(config)
    if family == "deepseek_v3":
        # Without these two a server builds no correction bias, and scores by a softmax.
        words |= {"topk_method": "noaux_tc", "scoring_func": "sigmoid"}
        words |= {"moe_layer_freq": 1, "moe_router_dtype": "float32", "rope_interleave": True}
        words |= {"q_lora_rank": config.q_lora_rank or None, "num_key_value_heads": config.n_heads}
    if family == "qwen3_moe":
        words |= {"decoder_sparse_step": 1, "mlp_only_layers": list(range(config.n_dense_layers))}
    if family != "qwen2":  # whose readers know its biases by its name
        words["attention_bias"] = False
    words["mlp_bias" if family == "llama" else "use_sliding_window"] = False
    return words


def _dense_first(layers: Any) -> int:
    """How many of the first layers are dense, from the list of the layers that are."""
    if not isinstance(layers, list) or any(i not in layers for i in range(len(layers))):
        raise ValueError(refusal("mlp_only_layers", layers))
    return len(layers)


def _unknown(family: object) -> str:
    supported = ", ".join(FAMILIES)
    if isinstance(family, str) and family in REFUSED:
        return f"model_type = {family!r} is not supported ({REFUSED[family]}); use {supported}"
    near = difflib.get_close_matches(str(family), FAMILIES, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return f"model_type = {family!r} is an unknown family{hint}; supported: {supported}"
