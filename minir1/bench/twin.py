"""Our model's twin in transformers: the same weights in a `DeepseekV3ForCausalLM`.

The names are Hugging Face's already, so the copy is a prefix. It is a twin only if it
computes the same function: `twin` compares the logits of both before it hands it out, and
nothing is timed before that.
"""

from typing import Any

import torch
from torch import Tensor

from minir1.config import ModelConfig
from minir1.model.hub.families import write_config
from minir1.model.transformer import Transformer
from minir1.text.outside import special_ids
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
    words: dict[str, Any] = write_config(config, "float32") | special_ids(tokenizer)
    return DeepseekV3Config(**words)


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
