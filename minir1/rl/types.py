"""The nouns of RL: a rollout, a group of rollouts, and the batch that the loss sees.

Reward and advantage are fields of different objects on purpose. A reward belongs to one
rollout and never changes; an advantage is what a whole group makes of its rewards.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from minir1.tasks.base import Problem, Verdict
from minir1.tasks.reward import Reward


@dataclass(frozen=True, slots=True)
class Rollout:
    """One completion of one prompt, as the sampler made it.

    A rollout of the prompt [1, 9] that answered [7, 2] and stopped by itself:
    Rollout(prompt_ids=[1, 9], completion_ids=[7, 2], logprobs=[-.1, -.7], stop_reason="eos")
    """

    prompt_ids: list[int]
    completion_ids: list[int]
    """The end token is the last one, if the policy wrote it."""
    logprobs: list[float]
    """Log-probability of each completion token when it was sampled."""
    stop_reason: Literal["eos", "length"]
    experts: Tensor | None = None
    """The routers' choices, "L T K" for every token but the last; None if not recorded."""
    importance: list[float] | None = None
    """What each completion token counts for, where another engine sampled (importance.py)."""

    def __len__(self) -> int:
        return len(self.prompt_ids) + len(self.completion_ids)


@dataclass(frozen=True, slots=True)
class Group:
    """All rollouts of one prompt, judged."""

    problem: Problem
    rollouts: Sequence[Rollout]
    verdicts: Sequence[Verdict]
    rewards: Sequence[Reward]

    @property
    def totals(self) -> list[float]:
        """The total reward of each rollout."""
        return [reward.total for reward in self.rewards]

    @property
    def dead(self) -> bool:
        """All rewards are equal: no rollout is better than another, so there is no gradient."""
        return len(set(self.totals)) == 1


@dataclass(frozen=True, slots=True)
class Batch:
    """Right-padded sequences, shifted by one: `targets[b, t]` follows `inputs[b, t]`.

    `weights` carry the loss's normaliser, so the loss of a batch is a plain weighted sum,
    and the sum over micro-batches equals the loss of the whole batch.
    """

    inputs: Int[Tensor, "B T"]
    targets: Int[Tensor, "B T"]
    loss_mask: Bool[Tensor, "B T"]
    """True where the target is a token that the policy wrote."""
    token_mask: Bool[Tensor, "B T"]
    """True where the input is no padding."""
    old_logprobs: Float[Tensor, "B T"]
    advantages: Float[Tensor, "B T"]
    weights: Float[Tensor, "B T"]
    experts: Int[Tensor, "L B T K"] | None = None

    def rows(self, index: Sequence[int]) -> "Batch":
        """The sequences in `index`, cut to the longest of them."""
        rows = torch.as_tensor(index, device=self.inputs.device)
        width = int(self.token_mask[rows].sum(-1).max())
        experts = None if self.experts is None else self.experts[:, rows, :width]
        return replace(self._each(lambda tensor: tensor[rows, :width]), experts=experts)

    def to(self, device: torch.device | str) -> "Batch":
        """The same batch on another device."""
        experts = None if self.experts is None else self.experts.to(device)
        return replace(self._each(lambda tensor: tensor.to(device)), experts=experts)

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Batch":
        """The batch with `change` made to every "B T" tensor, and without experts."""
        names = [field.name for field in fields(self) if field.name != "experts"]
        return Batch(**{name: change(getattr(self, name)) for name in names})

    @property
    def lengths(self) -> list[int]:
        """Tokens of each sequence, padding not counted."""
        return self.token_mask.sum(-1).tolist()
