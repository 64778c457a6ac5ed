"""How a model is evaluated."""

from __future__ import annotations

from dataclasses import dataclass

from minir1.config.check import at_least, later, require

MOST_SAMPLES = 1000
"""pass@k and the votes count subsets of a pool: C(1000, 500) is the last that a float holds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EvalConfig:
    """Evaluation on held-out problems; pass@k by the unbiased estimator."""

    problems: int = 500
    """Held-out problems at the end."""
    samples: int = 1
    """Completions a problem."""
    temperature: float = 1.0
    """0 takes the likeliest token; 1 samples."""
    max_new_tokens: int = 200
    """The longest completion, in tokens."""
    batch_size: int = 256
    """Completions that are sampled side by side."""
    every: int = 25
    """Steps between the small evaluations during RL. 0 is off."""
    every_problems: int = 100
    """Held-out problems of each small evaluation."""
    share_prompts: bool = later(False)
    """Read what prompts have in common once (rl/prefill.py)."""

    def __post_init__(self) -> None:
        at_least(self, 2, "problems", "every_problems")  # one problem has no interval
        at_least(self, 1, "samples", "max_new_tokens", "batch_size")
        most = f"use 1 to {MOST_SAMPLES}, for a float can't count the subsets of more"
        require(self.samples <= MOST_SAMPLES, "eval.samples", self.samples, most)
        at_least(self, 0, "every")
        require(
            self.temperature >= 0, "eval.temperature", self.temperature, "use 0 (greedy) or more"
        )
