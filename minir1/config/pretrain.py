"""Pre-training of the base."""

from __future__ import annotations

from dataclasses import dataclass, field

from minir1.config.check import at_least
from minir1.config.optim import OptimConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class PretrainConfig:
    """Pre-training of the base: next-token prediction on the base corpus."""

    steps: int = 3000
    sequences_per_step: int = 32
    optim: OptimConfig = field(default_factory=OptimConfig)
    save_every: int = 500

    def __post_init__(self) -> None:
        at_least(self, 0, "steps")
        at_least(self, 1, "sequences_per_step", "save_every")
