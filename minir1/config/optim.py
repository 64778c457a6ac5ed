"""The optimizer, its schedule, and what moves beside it."""

from __future__ import annotations

from dataclasses import dataclass

from minir1.config.check import at_least, later, machine, require, share


@dataclass(frozen=True, kw_only=True, slots=True)
class OptimConfig:
    """AdamW and its schedule: linear warm-up, then cosine decay to `lr * final_lr_share`."""

    lr: float = 6e-3
    """Learning rate after the warm-up."""
    final_lr_share: float = 0.1
    """Where the learning rate ends, as a share of `lr`."""
    warmup_steps: int = 50
    """Steps in which the learning rate grows to `lr`."""
    weight_decay: float = 0.1
    """How much of each weight is taken away, times the learning rate."""
    beta1: float = 0.9
    beta2: float = 0.95
    grad_clip: float = 1.0
    """The longest gradient; a longer one is shortened to it."""
    micro_batch_tokens: int = 1024
    """Tokens, padding included, in one forward and backward pass."""
    pack: bool = machine(False)
    """Lay its sequences end to end: no padding but in attention (model/packing.py)."""
    bias_update_speed: float = 0.001
    """gamma: how far each step moves the router's correction bias. 0 freezes it."""
    balance_coef: float = 1e-4
    """Weight of the sequence-wise balance loss."""
    share_prefixes: bool = later(False)
    """Compute once what rows begin with alike; not for a model with experts (rl/tree.py)."""
    skip_silent: bool = later(False)
    """Leave out rows whose advantage is 0: with no KL term, they have no gradient."""

    def __post_init__(self) -> None:
        at_least(self, 0, "lr", "warmup_steps", "weight_decay", "bias_update_speed")
        at_least(self, 0, "balance_coef")
        at_least(self, 1, "micro_batch_tokens")
        require(self.grad_clip > 0, "grad_clip", self.grad_clip, "use a number above 0")
        require(
            not (self.pack and self.share_prefixes),
            "pack",
            self.pack,
            "use False with share_prefixes, whose tree of tokens has no empty places either",
        )
        share(self, "final_lr_share", "beta1", "beta2")
        for name in ("beta1", "beta2"):
            require(getattr(self, name) < 1, name, getattr(self, name), "use a share below 1")
