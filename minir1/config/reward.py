"""What a response is paid for."""

from __future__ import annotations

from dataclasses import dataclass

from minir1.config.check import at_least


@dataclass(frozen=True, kw_only=True, slots=True)
class RewardConfig:
    """Weight of each named part in the reward. What is logged beside it is strict accuracy."""

    accuracy: float = 1.0
    format: float = 0.0

    def __post_init__(self) -> None:
        at_least(self, 0, "accuracy", "format")
