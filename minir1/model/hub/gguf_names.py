"""GGUF, the one-file format of small devices: its names for our tensors and for our shape.

    layers.3.self_attn.q_proj.weight   <->   blk.3.attn_q.weight

One file holds shape, tokenizer and weights, and the weights may be quantised: 32 numbers share a
scale and have 4 to 8 bits each. llama.cpp and its relatives read it. Dense models of three families
fit here: `llama`, `qwen2` and `qwen3`. A mixture of experts with latent attention leaves the house
as a Hugging Face folder only.

llama.cpp turns Llama's pairs as neighbours, (x0, x1), and not as halves (`rope.py`): its q and k
have their rows in another order. Qwen's have not.

In the prompt's journey: before it or after it, when a model comes or goes as one file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from minir1.config import ModelConfig
from minir1.model.hub.families import family_of

FAMILIES = ("llama", "qwen2", "qwen3")
WHOLE = {
    "embed_tokens.weight": "token_embd.weight",
    "norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}
IN_A_BLOCK = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
WORDS = {
    "n_layers": "block_count",
    "max_seq_len": "context_length",
    "dim": "embedding_length",
    "inter_dim": "feed_forward_length",
    "n_heads": "attention.head_count",
    "n_kv_heads": "attention.head_count_kv",
    "norm_eps": "attention.layer_norm_rms_epsilon",
    "rope_theta": "rope.freq_base",
}


def gguf_name(tensor: str) -> str:
    """The name of one of our tensors in a GGUF file.

    >>> gguf_name("layers.3.mlp.up_proj.weight")
    'blk.3.ffn_up.weight'
    """
    if tensor in WHOLE:
        return WHOLE[tensor]
    match = re.fullmatch(r"layers\.(\d+)\.(.*)\.(weight|bias)", tensor)
    assert match and match[2] in IN_A_BLOCK, f"{tensor} has no name in GGUF"
    return f"blk.{match[1]}.{IN_A_BLOCK[match[2]]}.{match[3]}"


def read_shape(fields: Mapping[str, Any], tensors: Mapping[str, tuple[int, ...]]) -> ModelConfig:
    """The `ModelConfig` of a GGUF file's fields and of the shapes of its tensors."""
    family = fields.get("general.architecture")
    if family not in FAMILIES:
        raise ValueError(
            f"general.architecture = {family!r} is not supported in GGUF: use {', '.join(FAMILIES)}"
        )
    if (
        fields.get(f"{family}.rope.scaling.type", "none") != "none"
        or "rope_freqs.weight" in tensors
    ):
        raise ValueError("a GGUF file with scaled rope is not supported: use the model's folder")
    ours: dict[str, Any] = {"attention": "gqa", "score_func": "softmax", "n_shared_experts": 0}
    ours |= {"qk_norm": family == "qwen3", "qkv_bias": family == "qwen2"}
    for name, word in WORDS.items():
        value = fields.get(f"{family}.{word}")
        if value is None:
            raise ValueError(f"the file has no field {family}.{word}")
        # The file has float32: 1e-05 is 9.99999974e-06 there, and seven digits are what it knows.
        number = name in ("norm_eps", "rope_theta")
        ours[name] = float(f"{value:.7g}") if number else int(value)
    per_head = ours["dim"] // ours["n_heads"]
    ours["head_dim"] = int(fields.get(f"{family}.attention.key_length", per_head))
    ours["n_dense_layers"] = ours["n_layers"]
    ours["tie_embeddings"] = WHOLE["lm_head.weight"] not in tensors
    ours["vocab_size"] = tensors.get(WHOLE["embed_tokens.weight"], (0,))[0]
    return ModelConfig(**ours)


def write_shape(config: ModelConfig) -> tuple[str, dict[str, int | float]]:
    """The family, and its fields without the family's prefix."""
    family = family_of(config)
    scaled = " with scaled rope" if config.rope_scaling != "none" else ""
    if family not in FAMILIES or scaled:
        raise ValueError(
            f"a {family} model{scaled} has no place in GGUF here: only dense "
            f"{', '.join(FAMILIES)} without scaled rope; export a folder instead"
        )
    fields = {word: getattr(config, name) for name, word in WORDS.items()}
    fields |= {"attention.key_length": config.head_dim, "attention.value_length": config.head_dim}
    fields |= {"rope.dimension_count": config.head_dim, "vocab_size": config.vocab_size}
    return family, fields


def heads_of(tensor: str, config: ModelConfig) -> int:
    """How many heads this tensor's rows belong to, if their order differs; else 0."""
    if family_of(config) != "llama" or not tensor.endswith(("q_proj.weight", "k_proj.weight")):
        return 0
    return config.n_heads if "q_proj" in tensor else config.n_kv_heads


def as_neighbours(weight: Tensor, heads: int) -> Tensor:
    """Rows of each head from halves (0 1 2 3) to neighbours: 0 2 1 3 for a head of 4."""
    return weight.unflatten(0, (heads, 2, -1)).transpose(1, 2).flatten(0, 2)


def as_halves(weight: Tensor, heads: int) -> Tensor:
    """The inverse."""
    return weight.unflatten(0, (heads, -1, 2)).transpose(1, 2).flatten(0, 2)
