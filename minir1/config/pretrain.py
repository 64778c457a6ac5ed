"""Pre-training of the base."""

from __future__ import annotations

from dataclasses import dataclass, field

from minir1.config.check import at_least, later
from minir1.config.optim import OptimConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class PretrainConfig:
    """Pre-training of the base: next-token prediction on the base corpus."""

    steps: int = 3000
    """Updates. 0 leaves the base as it is."""
    sequences_per_step: int = 32
    """Documents of one update."""
    optim: OptimConfig = field(default_factory=OptimConfig)
    save_every: int = 500
    """Steps between checkpoints."""
    mtp_coef: float = later(0.0)
    """Weight of the loss of multi-token prediction; DeepSeek-V3 used 0.3, later 0.1."""

    def __post_init__(self) -> None:
        at_least(self, 0, "steps", "mtp_coef")
        at_least(self, 1, "sequences_per_step", "save_every")
