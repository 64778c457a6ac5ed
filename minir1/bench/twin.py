"""Our model's twin in transformers: the same weights in a `DeepseekV3ForCausalLM`.

The names are Hugging Face's already, so the copy is a prefix. It is a twin only if it
computes the same function: `twin` compares the logits of both before it hands it out, and
nothing is timed before that.
"""

from typing import Any

import torch
from torch import Tensor

from minir1.config import ModelConfig
from minir1.model.transformer import Transformer
from minir1.text.tokenizer import Tokenizer

TOLERANCE = 1e-4
"""Largest difference between two logits; both sides compute in float32."""


def need(*packages: str) -> None:
    """Raise a ValueError with the cure if a package of the other side is missing."""
    from importlib.util import find_spec

    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise ValueError(
            f"this benchmark needs {' and '.join(missing)}, the other side: "
            'pip install -c constraints.txt -e ".[bench]"'
        )


def twin_config(config: ModelConfig, tokenizer: Tokenizer) -> Any:
    """Our shape in Hugging Face's words."""
    from transformers import DeepseekV3Config

    if config.attention != "mla" or config.score_func != "sigmoid":
        raise ValueError(
            f"model.attention = {config.attention!r} with score_func = {config.score_func!r} has "
            'no twin among DeepSeek-V3 models: use "mla" and "sigmoid"'
        )
    return DeepseekV3Config(
        vocab_size=config.vocab_size,
        hidden_size=config.dim,
        num_hidden_layers=config.n_layers,
        first_k_dense_replace=config.n_dense_layers,
        intermediate_size=config.inter_dim,
        moe_intermediate_size=config.moe_inter_dim,
        num_attention_heads=config.n_heads,
        num_key_value_heads=config.n_heads,
        q_lora_rank=config.q_lora_rank or None,
        kv_lora_rank=config.kv_lora_rank,
        qk_nope_head_dim=config.qk_nope_head_dim,
        qk_rope_head_dim=config.qk_rope_head_dim,
        v_head_dim=config.v_head_dim,
        n_routed_experts=config.n_routed_experts,
        n_shared_experts=config.n_shared_experts,
        num_experts_per_tok=config.n_activated_experts,
        n_group=config.n_expert_groups,
        topk_group=config.n_limited_groups,
        norm_topk_prob=config.norm_topk_prob,
        routed_scaling_factor=config.route_scale,
        max_position_embeddings=config.max_seq_len,
        rope_parameters={"rope_type": "default", "rope_theta": config.rope_theta},
        rms_norm_eps=config.norm_eps,
        tie_word_embeddings=config.tie_embeddings,
        num_mtp_layers=0,
        pad_token_id=tokenizer.pad_id,
        bos_token_id=tokenizer.bos_id,
        eos_token_id=tokenizer.eos_id,
    )


def twin(model: Transformer, tokenizer: Tokenizer) -> Any:
    """The same weights in transformers' own model, compared before it is returned."""
    need("transformers")
    import transformers

    transformers.logging.set_verbosity_error()
    other = transformers.DeepseekV3ForCausalLM(twin_config(model.config, tokenizer))
    weights = {
        name if name.startswith("lm_head") else f"model.{name}": weight
        for name, weight in model.state_dict().items()
    }
    if model.config.tie_embeddings:
        weights["lm_head.weight"] = weights["model.embed_tokens.weight"]
    other.load_state_dict(weights)
    other.tie_weights()
    other.eval()
    gap = largest_difference(model, other)
    if gap > TOLERANCE:
        raise ValueError(
            f"transformers {transformers.__version__} and minir1 disagree: their logits differ by "
            f"up to {gap:.1e} on the same weights, so they can't be compared in speed"
        )
    return other


@torch.inference_mode()
def largest_difference(model: Transformer, other: Any) -> float:
    """The largest difference between the two models' logits on random tokens."""
    generator = torch.Generator().manual_seed(0)
    ids: Tensor = torch.randint(model.config.vocab_size, (4, 48), generator=generator)
    return float((model(ids) - other(ids).logits).abs().max())


def tokenizer_face(tokenizer: Tokenizer) -> Any:
    """Our tokenizer behind Hugging Face's face: the same words, the same ids."""
    import tokenizers
    from transformers import PreTrainedTokenizerFast

    words = {word: i for i, word in enumerate(tokenizer.words)}
    fast = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="<pad>"))
    fast.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=fast,
        pad_token=tokenizer.words[tokenizer.pad_id],
        bos_token=tokenizer.words[tokenizer.bos_id],
        eos_token=tokenizer.words[tokenizer.eos_id],
        padding_side="left",
    )
