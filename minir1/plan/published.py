"""Published models and bills, and whether the formulas of this room give them back.

Each figure is the publisher's own. One utilisation is fitted, on DeepSeek-V3's tokens a day;
the other models' hours are then predicted with it, hits and misses alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from minir1.config import ModelConfig
from minir1.config.shapes import DEEPSEEK_V2 as V2
from minir1.config.shapes import DEEPSEEK_V3 as V3
from minir1.plan.chips import chip
from minir1.plan.training_time import DAY, gpu_hours, mfu

DOLLARS_PER_H800_HOUR = 2.0
"""The rent that both papers assume."""

R1_HOURS = {"R1-Zero": 101e3, "SFT data": 5e3, "R1": 41e3}
"""H800-hours, arXiv 2501.12948v2, table 7 (B.4.4)."""
V3_HOURS = {"pre-training": 2664e3, "longer context": 119e3, "post-training": 5e3}
"""H800-hours, arXiv 2412.19437, table 1."""
V3_GPUS, V3_TOKENS_A_DAY = 2048, 272.80e9
"""arXiv 2505.09343, table 4."""
V3_TOKENS_A_STEP, V3_SEQUENCE, V3_TOKENS = 15360 * 4096, 4096, 14.8e12


def dense(dim: int, n_layers: int, n_heads: int, inter_dim: int, vocab_size: int) -> ModelConfig:
    """A Llama-like dense model: grouped-query attention with 8 key-value heads of width 128."""
    return ModelConfig(
        vocab_size=vocab_size,
        dim=dim,
        n_layers=n_layers,
        n_dense_layers=n_layers,
        inter_dim=inter_dim,
        n_heads=n_heads,
        attention="gqa",
        n_kv_heads=8,
        head_dim=128,
        tie_embeddings=False,
    )


@dataclass(frozen=True, slots=True)
class Run:
    """One published pre-training run: what it read, and the GPU-hours it says it took."""

    name: str
    model: ModelConfig
    sequence: int
    tokens: float
    hours: float
    source: str


RUNS = (
    Run("DeepSeek-V3", V3, V3_SEQUENCE, V3_TOKENS, 2664e3, "arXiv 2412.19437, table 1"),
    Run(
        "DeepSeek 67B, a trillion tokens",
        dense(8192, 95, 64, 22016, 102400),
        4096,
        1e12,
        300.6e3,
        "arXiv 2405.04434, 3.2.3",
    ),
    Run(
        "Llama 3.1 405B",
        dense(16384, 126, 128, 53248, 128256),
        8192,
        15.6e12,
        30.84e6,
        "arXiv 2407.21783, table 4, and its model card (H100)",
    ),
    Run("DeepSeek-V2, a trillion tokens", V2, 4096, 1e12, 172.8e3, "arXiv 2405.04434, 3.2.3"),
)


def fitted_mfu() -> float:
    """The utilisation that V3's tokens a day imply: the one number that is fitted.

    >>> round(fitted_mfu(), 3)
    0.39
    """
    tokens_a_second = V3_TOKENS_A_DAY / DAY / V3_GPUS
    return mfu(V3, V3_SEQUENCE, tokens_a_second, chip("h800").flops)


def v3_step_seconds() -> float:
    """Seconds of one V3 training step, from its batch and its tokens a day.

    >>> round(v3_step_seconds(), 2)
    19.93
    """
    return V3_TOKENS_A_STEP / V3_TOKENS_A_DAY * DAY


def predicted_hours(run: Run) -> float:
    """GPU-hours of a run, with V3's utilisation. H800 and H100 have the same peak."""
    return gpu_hours(run.model, run.sequence, run.tokens, chip("h800").flops, fitted_mfu())


def dollars(hours: dict[str, float]) -> float:
    """A bill at the papers' own rent.

    >>> dollars(R1_HOURS), dollars(V3_HOURS)
    (294000.0, 5576000.0)
    """
    return sum(hours.values()) * DOLLARS_PER_H800_HOUR
