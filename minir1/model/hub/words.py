"""The words of config.json, before anything is computed with them: each has the kind it must have.

A hand-written or damaged file may say "hidden_size": "64" or null. Such a word is named here; else
it would end in an error about an operator, deep in the model.

In the prompt's journey: before it, when a model comes from outside.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from minir1.config import ModelConfig

KINDS = {bool: "true or false", int: "a whole number", float: "a finite number"}
MAY_BE_NULL = ("q_lora_rank", "n_kv_heads", "head_dim")
"""What some families leave open: null stands for a default."""
FIXED: dict[str, tuple[Any, ...]] = {
    "hidden_act": ("silu",),
    "attention_bias": (False,),
    "mlp_bias": (False,),
    "use_sliding_window": (False,),
    "rope_interleave": (True,),
    "scoring_func": ("sigmoid",),
    "topk_method": ("noaux_tc",),
    "moe_layer_freq": (1,),
    "decoder_sparse_step": (1,),
    "quantization_config": (None,),
}
"""The one value of each word that our class computes."""
LIKE = {field.name: type(field.default) for field in fields(ModelConfig)}


def read_words(path: Path) -> dict[str, Any]:
    """The words of a config.json."""
    try:
        words = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} can't be read ({error}): is this a model's folder?") from error
    if not isinstance(words, dict):
        raise ValueError(f"{path} holds no words with values: is this a model's config.json?")
    return words


def require_fixed(words: Mapping[str, Any]) -> None:
    """A ValueError if a word asks for what our class does not compute.

    >>> require_fixed({"hidden_act": "gelu"})
    Traceback (most recent call last):
    ValueError: config.json says hidden_act = 'gelu', which minir1's model does not compute
    """
    for name, values in FIXED.items():
        if name in words and words[name] not in values:
            raise ValueError(refusal(name, words[name]))


def refusal(name: str, value: object) -> str:
    """What is said of such a word."""
    if name == "quantization_config":
        return (
            "quantised weights (such as the fp8 of DeepSeek-V3) are not supported: "
            "convert the checkpoint to bfloat16 first"
        )
    return f"config.json says {name} = {value!r}, which minir1's model does not compute"


def checked(ours: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    """The same fields, or a ValueError that names the word in config.json; `words` has its names.

    >>> checked({"dim": "8"}, {"dim": "hidden_size"})
    Traceback (most recent call last):
    ValueError: config.json says hidden_size = '8', which is not a whole number: write one there
    """
    for name, value in ours.items():
        kind = LIKE[name]
        if not (_fits(value, kind) or (value is None and name in MAY_BE_NULL)):
            raise ValueError(
                f"config.json says {words.get(name, name)} = {value!r}, "
                f"which is not {KINDS[kind]}: write one there"
            )
    return dict(ours)


def not_more(config: ModelConfig, stored: int) -> ModelConfig:
    """The same shape, or a ValueError if it has more layers or experts than tensors are stored.

    Each layer and each expert has a tensor of its own. A damaged count of 10**12 is refused here;
    else it would be counted up to, layer by layer, before a missing tensor is found.
    """
    experts = config.n_routed_experts if config.n_moe_layers + config.n_mtp_layers > 0 else 0
    for what, count in (("layers", config.n_layers), ("experts", experts)):
        if count > stored:
            raise ValueError(
                f"the config says {count} {what}, and only {stored} tensors are stored: "
                "one of the two is damaged or not whole, get the model again"
            )
    return config


def _fits(value: object, kind: type) -> bool:
    if kind is bool or isinstance(value, bool):  # true is no number, though Python says so
        return kind is bool and isinstance(value, bool)
    if kind is float:
        return isinstance(value, int | float) and abs(value) <= sys.float_info.max
    return isinstance(value, int)
