"""How a run is spread over devices, and in which numbers it computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from minir1.config.check import at_least, machine, require


@dataclass(frozen=True, kw_only=True, slots=True)
class ParallelConfig:
    """How a run is spread. How many processes there are, the launcher says (torchrun)."""

    expert_parallel: int = machine(1)
    """Processes that share one set of experts: each owns some, and tokens travel to them."""
    activation_checkpointing: bool = machine(False)
    """Forget what a block computed, and compute it again in the backward pass."""
    offload_optimizer: bool = machine(False)
    """Keep master weights and optimizer state in the host's memory, and step there."""
    timeout_s: int = machine(600)
    """Seconds that a process waits for the others before it gives up and says who is silent."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """What the matrices compute in. Master weights, router and sums over processes: float32."""

    def __post_init__(self) -> None:
        at_least(self, 1, "expert_parallel", "timeout_s")
        known = self.dtype in ("float32", "bfloat16")
        require(known, "parallel.dtype", self.dtype, 'use "float32" or "bfloat16"')
