"""R1-Zero: GRPO on verifiable rewards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from minir1.config.check import at_least, later, machine, require
from minir1.config.optim import OptimConfig
from minir1.config.reward import RewardConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class ZeroConfig:
    """R1-Zero: GRPO on verifiable rewards, straight from the base."""

    steps: int = 100
    """Steps of RL: rollouts, then updates."""
    questions_per_step: int = 16
    """Prompts of one step."""
    group_size: int = 16
    """Rollouts of one prompt, which are compared with each other."""
    max_new_tokens: int = 200
    """The longest completion, in tokens."""
    length_schedule: tuple[tuple[int, int], ...] = ()
    """(step, max_new_tokens) pairs: the budget from that step on, as R1-Zero's at 8.2k."""
    temperature: float = 1.0
    """1 samples from the policy itself; less makes likely tokens likelier."""
    advantage: Literal["grpo", "dr_grpo", "rloo"] = "grpo"
    loss_norm: Literal["token", "sequence", "fixed"] = "token"
    """Divide by all tokens (DAPO), by each length (GRPO), or by a constant (Dr. GRPO)."""
    ratio_level: Literal["token", "sequence"] = "token"
    """One ratio a token (GRPO), or one a sequence (GSPO)."""
    clip_low: float = 0.2
    """How far a ratio may fall below 1 before it has no gradient."""
    clip_high: float = 0.28
    """How far it may rise above 1."""
    kl_coef: float = 0.0
    """Weight of the distance to the reference. 0 needs no reference."""
    ref_every: int = 400
    """Steps after which the reference becomes a copy of the policy."""
    minibatches: int = 2
    """Optimizer updates made from one step's rollouts."""
    dynamic_sampling: int = 0
    """DAPO: how many more times to sample new questions in place of dead groups. 0 is off."""
    routing_replay: bool = False
    """The update replays the experts that the sampler chose."""
    reward: RewardConfig = field(default_factory=RewardConfig)
    optim: OptimConfig = field(
        default_factory=lambda: OptimConfig(
            lr=3e-4,
            warmup_steps=5,
            weight_decay=0.0,
            bias_update_speed=0.0,
            final_lr_share=1.0,
            micro_batch_tokens=2048,
        )
    )
    save_every: int = 20
    """Steps between checkpoints."""
    share_prompts: bool = later(False)
    """Read what prompts have in common once; not for a model with experts (rl/prefill.py)."""
    rollout_batch: int = machine(0)
    """Rollouts that a sampler holds at once; 0 takes all that fall to it."""

    def __post_init__(self) -> None:
        at_least(self, 0, "steps", "kl_coef", "dynamic_sampling", "rollout_batch")
        at_least(self, 1, "questions_per_step", "max_new_tokens", "ref_every")
        at_least(self, 1, "minibatches", "save_every")
        require(
            self.group_size >= 2,
            "zero.group_size",
            self.group_size,
            "use 2 or more: an advantage compares a rollout with the others of its group",
        )
        require(
            self.temperature > 0,
            "zero.temperature",
            self.temperature,
            "use a number above 0 (1.0 samples from the policy itself)",
        )
        require(
            0 < self.clip_low < 1, "zero.clip_low", self.clip_low, "use a number between 0 and 1"
        )
        require(self.clip_high > 0, "zero.clip_high", self.clip_high, "use a number above 0")
        require(
            not (self.optim.skip_silent and self.kl_coef),
            "zero.optim.skip_silent",
            self.optim.skip_silent,
            "use False with a kl_coef: a row of advantage 0 is still pulled to the reference",
        )
        rollouts = self.questions_per_step * self.group_size
        require(
            self.minibatches <= rollouts,
            "zero.minibatches",
            self.minibatches,
            f"use at most the {rollouts} rollouts of a step",
        )
        for step, length in self.length_schedule:
            require(
                step >= 0 and length >= 1,
                "zero.length_schedule",
                (step, length),
                "use pairs of a step >= 0 and a length >= 1",
            )

    def budget(self, step: int) -> int:
        """Longest completion, in tokens, allowed at `step`.

        >>> ZeroConfig(max_new_tokens=60, length_schedule=((50, 180),)).budget(50)
        180
        """
        past = [pair for pair in self.length_schedule if pair[0] <= step]
        return max(past)[1] if past else self.max_new_tokens
