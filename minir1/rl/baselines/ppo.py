"""PPO with a value head (arXiv 1707.06347), as it was used for language models before GRPO.

    groups -> values -> GAE -> whitened advantages -> clipped policy update + value update

The policy's loss is GRPO's own. What differs is where the advantage comes from: here from a
second network that must learn to foresee the reward, there from the other rollouts of the group.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from minir1.config import ZeroConfig
from minir1.model.transformer import Transformer
from minir1.rl.advantage import STD_EPS
from minir1.rl.baselines.gae import gae
from minir1.rl.baselines.value import ValueModel, value_loss
from minir1.rl.batch import all_groups, collate
from minir1.rl.loss import policy_loss
from minir1.rl.seen import Update
from minir1.rl.types import Batch, Group
from minir1.rl.update import update


@dataclass(slots=True)
class Critic:
    """The value network, and how it is trained."""

    model: ValueModel
    optimizer: torch.optim.Optimizer
    epochs: int = 2
    clip: float = 0.2
    gamma: float = 1.0
    lam: float = 1.0


def ppo_step(
    policy: Transformer,
    optimizer: torch.optim.Optimizer,
    critic: Critic,
    groups: Sequence[Group],
    config: ZeroConfig,
    *,
    pad_id: int = 0,
) -> tuple[Update, float]:
    """One update of the policy and `critic.epochs` of the value network; its last loss too."""
    rollouts = all_groups(groups)
    device = next(policy.parameters()).device
    rewards = torch.tensor([total for group in groups for total in group.totals], device=device)
    batch = collate(
        rollouts,
        [0.0] * len(rollouts),
        norm=config.loss_norm,
        fixed_length=config.max_new_tokens,
        pad_id=pad_id,
        device=device,
    )
    with torch.no_grad():
        values = critic.model(batch.inputs)
    advantages = gae(rewards, values, batch.loss_mask, critic.gamma, critic.lam)
    returns = advantages + values
    batch = replace(batch, advantages=whiten(advantages, batch.loss_mask))

    def objective(logprobs: Tensor, part: Batch) -> Tensor:
        return policy_loss(
            logprobs, part, clip_low=config.clip_low, clip_high=config.clip_high
        ).total

    seen = update(policy, optimizer, batch, config.optim, objective, temperature=config.temperature)
    loss = torch.zeros(())
    for _ in range(critic.epochs):
        critic.optimizer.zero_grad(set_to_none=True)
        now = critic.model(batch.inputs)
        loss = value_loss(now, values, returns, batch.loss_mask, critic.clip)
        loss.backward()
        critic.optimizer.step()
    return seen, float(loss.detach())


def whiten(advantages: Float[Tensor, "B T"], mask: Tensor) -> Float[Tensor, "B T"]:
    """Zero mean and unit deviation over the tokens of the mask; zero elsewhere."""
    chosen = advantages[mask]
    if len(chosen) < 2 or bool((chosen == chosen[0]).all()):
        return torch.zeros_like(advantages)
    return (advantages - chosen.mean()) / (chosen.std() + STD_EPS) * mask
