"""The words for rope in `config.json`, old and new.

    new    "rope_parameters": {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 40.0, ...}
    old    "rope_theta": 10000.0, "rope_scaling": {"type": "yarn", "factor": 40.0, ...}

Both are read, and both are written: servers and older readers look for the old ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minir1.config import ModelConfig
from minir1.model.hub.words import checked

ROPE_THETA = 10000.0
"""What every family takes when config.json leaves it out."""
WORDS = {
    "yarn": {
        "rope_factor": "factor",
        "rope_original_len": "original_max_position_embeddings",
        "beta_fast": "beta_fast",
        "beta_slow": "beta_slow",
        "mscale": "mscale",
        "mscale_all_dim": "mscale_all_dim",
    },
    "llama3": {
        "rope_factor": "factor",
        "rope_original_len": "original_max_position_embeddings",
        "low_freq_factor": "low_freq_factor",
        "high_freq_factor": "high_freq_factor",
    },
}


def read_rope(words: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `ModelConfig` that say how positions turn.

    >>> read_rope({"rope_theta": 5e4, "rope_scaling": None})
    {'rope_theta': 50000.0}
    """
    rope = words.get("rope_scaling") or words.get("rope_parameters") or {}
    if not isinstance(rope, dict):
        raise ValueError(f"config.json says rope {rope!r}, which is no set of words with values")
    rope = dict(rope)
    thetas = (rope.pop("rope_theta", None), words.get("rope_theta"), ROPE_THETA)
    theta = next(value for value in thetas if value is not None)
    old_kind = rope.pop("type", "default")
    kind = rope.pop("rope_type", old_kind)
    ours: dict[str, Any] = _numbers({"rope_theta": theta}, {})
    if rope.pop("partial_rotary_factor", 1.0) != 1.0 or words.get("partial_rotary_factor", 1) != 1:
        raise ValueError("config.json turns a part of each head only: this is not supported")
    if kind == "default":
        return ours
    if not isinstance(kind, str) or kind not in WORDS:
        known = ", ".join(WORDS)
        raise ValueError(f"rope_type = {kind!r} is not supported: use default, {known}")
    given = {name: value for name, value in rope.items() if value or name == "truncate"}
    if bool(given.get("mscale")) != bool(given.get("mscale_all_dim")):
        # One without the other means different things to different readers.
        raise ValueError("rope with only one of mscale and mscale_all_dim is not supported")
    if given.pop("truncate", True) is not True:
        raise ValueError("rope with truncate = False is not supported")
    ours["rope_scaling"] = kind
    names = WORDS[kind]
    found = {name: given.pop(word) for name, word in names.items() if word in given}
    ours |= _numbers(found, names)
    if given:
        raise ValueError(f"rope_type {kind} with {', '.join(sorted(given))} is not supported")
    for name in ("rope_factor", "rope_original_len"):
        if name not in ours:
            raise ValueError(f"config.json: rope_type {kind} needs {names[name]}")
    return ours


def _numbers(ours: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    """The fields as the numbers that a config holds; one that is no number is named."""
    found = checked(ours, words)
    return {name: v if name == "rope_original_len" else float(v) for name, v in found.items()}


def write_rope(config: ModelConfig) -> dict[str, Any]:
    """The same fields in old and new words."""
    rope: dict[str, Any] = {"rope_type": "default", "rope_theta": config.rope_theta}
    if config.rope_scaling == "none":
        return {"rope_theta": config.rope_theta, "rope_scaling": None, "rope_parameters": rope}
    names = dict(WORDS[config.rope_scaling])
    if config.rope_scaling == "yarn" and not config.mscale_all_dim:
        if config.mscale != 1:
            raise ValueError(
                f"model.mscale = {config.mscale!r} can't be written without mscale_all_dim: "
                "readers disagree on what it means; use 1, or give both"
            )
        del names["mscale"], names["mscale_all_dim"]
    rope["rope_type"] = config.rope_scaling
    rope |= {word: getattr(config, name) for name, word in names.items()}
    old = {name: value for name, value in rope.items() if name != "rope_theta"}
    old["type"] = config.rope_scaling
    return {"rope_theta": config.rope_theta, "rope_scaling": old, "rope_parameters": rope}
