"""Tokens, FLOPs, hours and dollars of training: one division in four directions.

    GPU-hours = tokens * FLOPs a token / (peak * MFU) / 3600

MFU, model FLOPs utilisation, is the share of the chip's peak that went into the FLOPs that
the model needs (Chowdhery et al. 2022, appendix B). FLOPs a token count causal attention once:
a sequence of T looks back on T / 2 tokens on average.
"""

from __future__ import annotations

from minir1.config import ModelConfig
from minir1.model.count import training_flops

HOUR = 3600.0
DAY = 24 * HOUR


def flops_a_token(model: ModelConfig, sequence: int) -> float:
    """FLOPs of one training token in sequences of this many tokens, causal attention."""
    return training_flops(model, sequence / 2)


def mfu(model: ModelConfig, sequence: int, tokens_a_second: float, peak: float) -> float:
    """Share of the peak that these tokens a second, of one chip, need. `peak`: FLOP/s."""
    return tokens_a_second * flops_a_token(model, sequence) / peak


def gpu_hours(
    model: ModelConfig, sequence: int, tokens: float, peak: float, utilisation: float
) -> float:
    """Hours of one chip for these tokens."""
    return tokens * flops_a_token(model, sequence) / (peak * utilisation) / HOUR
