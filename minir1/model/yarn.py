"""Stretched angles: a model that read short contexts, made ready for long ones.

A fast pair (`rope.py`) tells neighbours apart and has been at every angle many times: leave it. A
slow pair never came round once in training; in a longer context it would meet angles that the
model has never seen. Slow it down by the factor s, and position s * p looks as p did before:

    frequency' = (1 - ramp) * frequency + ramp * frequency / s

and ramp goes from 0 to 1 between the pairs that turn beta_fast and beta_slow times over the
original context (YaRN, arXiv 2309.00071, section 3.2; DeepSeek-V3 report, section 4.3). Llama 3
does the same with another ramp.

More tokens also flatten attention, so YaRN sharpens it: all logits grow by m(s)^2, where
m(s) = 0.1 mscale ln(s) + 1. DeepSeek's latent attention puts it into the softmax scale
(`mscale_all_dim`); what is left, mscale against mscale_all_dim, goes into the rotation, and
there one m(s) stands in the query and one in the key.

In the prompt's journey: once a forward pass, before the first block.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from minir1.config import ModelConfig
from minir1.model.rope import rope_frequencies


def frequencies(config: ModelConfig, device: torch.device | None = None) -> Float[Tensor, "half"]:
    """How far each pair turns from one position to the next, stretched if the config asks."""
    dim = config.qk_rope_head_dim if config.attention == "mla" else config.head_dim
    plain = rope_frequencies(dim, config.rope_theta, device)
    if config.rope_scaling == "none":
        return plain
    ramp = (
        yarn_ramp(config, dim, device)
        if config.rope_scaling == "yarn"
        else llama3_ramp(config, plain)
    )
    return (1 - ramp) * plain + ramp * plain / config.rope_factor


def yarn_ramp(
    config: ModelConfig, dim: int, device: torch.device | None = None
) -> Float[Tensor, "half"]:
    """Linear in the number of the pair: 0 keeps its speed, 1 slows it down by the whole factor.

    DeepSeek-V3 has 32 pairs: 11 are left alone, the last 9 are slowed down by 40.

    >>> v3 = ModelConfig(qk_rope_head_dim=64, rope_scaling="yarn", rope_factor=40.0)
    >>> ramp = yarn_ramp(v3, 64)
    >>> int((ramp == 0).sum()), int((ramp == 1).sum())
    (11, 9)
    """
    first = max(math.floor(_pair_turning(config.beta_fast, config, dim)), 0)
    last = min(math.ceil(_pair_turning(config.beta_slow, config, dim)), dim - 1)
    pairs = torch.arange(dim // 2, device=device, dtype=torch.float32)
    return ((pairs - first) / max(last - first, 0.001)).clamp(0, 1)


def _pair_turning(turns: int | float, config: ModelConfig, dim: int) -> float:
    """The pair (a number with a fraction) that turns so often over the original context."""
    wavelength = config.rope_original_len / turns  # in tokens; pair j has 2 pi theta^(2j / dim)
    return dim * math.log(wavelength / (2 * math.pi)) / (2 * math.log(config.rope_theta))


def llama3_ramp(config: ModelConfig, plain: Float[Tensor, "half"]) -> Float[Tensor, "half"]:
    """Linear in the turns over the original context (Llama 3.1)."""
    turns = config.rope_original_len * plain / (2 * math.pi)
    low, high = config.low_freq_factor, config.high_freq_factor
    return 1 - ((turns - low) / (high - low)).clamp(0, 1)


def m(config: ModelConfig, mscale: int | float) -> float:
    """0.1 mscale ln(s) + 1, and 1 where nothing is stretched by YaRN."""
    if config.rope_scaling != "yarn":
        return 1.0
    return 0.1 * mscale * math.log(config.rope_factor) + 1.0


def rotation_length(config: ModelConfig) -> float:
    """What the rotation multiplies a vector's length by: 1 for DeepSeek-V3."""
    return m(config, config.mscale) / m(config, config.mscale_all_dim)


def softmax_sharpening(config: ModelConfig) -> float:
    """What latent attention multiplies its softmax scale by.

    >>> v3 = ModelConfig(rope_scaling="yarn", rope_factor=40.0, mscale_all_dim=1.0)
    >>> round(softmax_sharpening(v3), 4)
    1.8739
    """
    return m(config, config.mscale_all_dim) ** 2
