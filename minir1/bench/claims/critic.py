"""Claim: group-relative advantages make RL cheap. PPO with a value head, from the same base.

Both see as many rollouts a step and make as many updates of the policy from them. PPO trains a
second network beside it, the critic. Its memory is counted: weights, gradients and Adam's two
moments are 16 bytes a weight in float32, for each network that is trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from minir1.bench.claims.learn import Step, cost_of, reinforce
from minir1.bench.claims.unit import Unit
from minir1.model.transformer import Transformer
from minir1.rl.baselines.ppo import Critic, ppo_step
from minir1.rl.baselines.value import ValueModel
from minir1.rl.types import Group
from minir1.run.optim import build_optimizer, learning_rate, set_learning_rate
from minir1.text.tokenizer import Tokenizer

BYTES_A_WEIGHT = 16
CRITIC_LR = 1e-3


def state_bytes(*models: torch.nn.Module) -> int:
    """Weights, gradients and both moments of all that is trained."""
    return BYTES_A_WEIGHT * sum(p.numel() for model in models for p in model.parameters())


def ppo_of(unit: Unit, policy: Transformer, critic: Critic, tokenizer: Tokenizer) -> Step:
    """PPO's step: one update of the policy a mini-batch of groups, as GRPO has."""
    settings = unit.config.zero
    optimizer = build_optimizer(policy, settings.optim)

    def step(groups: Sequence[Group], i: int) -> object:
        set_learning_rate(optimizer, learning_rate(settings.optim, i, settings.steps))
        for part in range(settings.minibatches):
            some = groups[part :: settings.minibatches]
            ppo_step(policy, optimizer, critic, some, settings, pad_id=tokenizer.pad_id)
        return None

    return step


def ppo(unit: Unit) -> dict[str, Any]:
    """RL with a critic, for as many steps as GRPO."""
    policy = unit.base().model
    value = ValueModel(policy)
    critic = Critic(value, torch.optim.AdamW(value.parameters(), lr=CRITIC_LR, weight_decay=0.0))
    cost, settings = cost_of(policy), unit.config.zero
    curve = reinforce(
        policy,
        unit.config,
        unit.seed,
        cost,
        step_of=lambda tokenizer: ppo_of(unit, policy, critic, tokenizer),
    )
    return unit.judge(policy) | {
        "cost": cost.to_json(),
        "seconds_a_step": cost.seconds / settings.steps,
        "state_bytes": state_bytes(policy, value),
        "curve": {"reward": curve.of("reward")},
    }


def grpo(unit: Unit) -> dict[str, Any]:
    """The unit's R1-Zero, in the same terms."""
    kept = unit.zero()
    return unit.judge(kept.model) | {
        "cost": kept.cost.to_json(),
        "seconds_a_step": kept.cost.seconds / unit.config.zero.steps,
        "state_bytes": state_bytes(kept.model),
        "curve": {"reward": kept.notes["reward"]},
    }
