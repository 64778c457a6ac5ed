"""Who samples the rollouts: the trainer itself, or a server beside it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from minir1.config.check import at_least, later, machine, require


@dataclass(frozen=True, kw_only=True, slots=True)
class RolloutConfig:
    """Where rollouts come from. Without a server, from our own sampler (rl/rollout.py)."""

    server: str = machine("")
    """Address of a vLLM server that samples, such as http://10.0.0.5:8000 (launch/vllm.sh)."""
    folder: str = machine("")
    """Where weights are handed over: a folder that trainer and server both see. "" is the run's."""
    importance_cap: float = later(2.0)
    """The most that a served token may count for (rl/importance.py). 1 only ever takes away."""
    at_once: int = machine(256)
    """Requests that each process has under way at the same time."""
    timeout_s: int = machine(1800)
    """Seconds that one completion, or one reload of the weights, may take."""
    tries: int = machine(3)
    """How often a request is sent before the run stops."""
    compile: bool = later(False)
    """Our own sampler's step as one compiled program (rl/compiled.py); needs a C++ compiler."""

    def __post_init__(self) -> None:
        at_least(self, 1, "at_once", "timeout_s", "tries")
        cap = self.importance_cap
        require(cap > 0, "rollout.importance_cap", cap, "use a number above 0; 2 is usual")
        parts = urlsplit(self.server)
        known = not self.server or (parts.scheme in ("http", "https") and bool(parts.netloc))
        cure = "use an address such as http://10.0.0.5:8000"
        require(known, "rollout.server", self.server, cure)
        alone = not (self.compile and self.server)
        require(alone, "rollout.compile", self.compile, "use False: with a server, it samples")
