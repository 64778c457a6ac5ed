"""One step of GRPO: judged groups in, an updated policy and its metrics out.

    rewards (P, G) -> advantages (P, G) -> mini-batches of rollouts -> one update each

R1-Zero samples 8,192 outputs and makes 16 updates from them (arXiv 2501.12948v2, 2.1); the
clip is what makes the later ones safe, since by then the policy is no longer the sampler.
"""

import math
import random
from collections.abc import Sequence

import torch
from torch import Tensor

from minir1.config import ZeroConfig
from minir1.model.router import Routing
from minir1.model.transformer import Transformer
from minir1.rl.advantage import group_advantages
from minir1.rl.batch import all_groups, collate
from minir1.rl.importance import weigh
from minir1.rl.logprobs import token_logprobs
from minir1.rl.loss import policy_loss
from minir1.rl.packing import packing_of
from minir1.rl.parallel import ALONE, Peers
from minir1.rl.seen import Update
from minir1.rl.types import Batch, Group
from minir1.rl.update import update


def grpo_step(
    policy: Transformer,
    optimizer: torch.optim.Optimizer,
    groups: Sequence[Group],
    config: ZeroConfig,
    *,
    reference: Transformer | None = None,
    fixed_length: int = 1,
    seed: str = "",
    pad_id: int = 0,
    workers: int = 1,
    peers: Peers = ALONE,
) -> dict[str, float]:
    """Update `policy` on `groups`, `config.minibatches` times; metrics under TRL's names."""
    rewards = torch.tensor([group.totals for group in groups])
    advantages = group_advantages(rewards, config.advantage).flatten().tolist()
    rollouts = all_groups(groups)
    order = list(range(len(rollouts)))
    if config.minibatches > 1:
        random.Random(seed).shuffle(order)
    updates, sums = [], []
    for part in range(config.minibatches):
        index = order[part :: config.minibatches]
        batch = collate(
            [rollouts[i] for i in index],
            [advantages[i] for i in index],
            norm=config.loss_norm,
            fixed_length=fixed_length,
            pad_id=pad_id,
            device=next(policy.parameters()).device,
        )
        batch = weigh(batch, [rollouts[i] for i in index])
        loss_fn = _Objective(config, reference)
        updates.append(
            update(
                policy,
                optimizer,
                batch,
                config.optim,
                loss_fn,
                temperature=config.temperature,
                routing_replay=config.routing_replay,
                workers=workers,
                peers=peers,
            )
        )
        sums.append(loss_fn.means(int(batch.loss_mask.sum()), peers))
    return _metrics(updates, [sum(column) / len(sums) for column in zip(*sums, strict=True)])


class _Objective:
    """GRPO's loss of a micro-batch; keeps what the metrics need."""

    def __init__(self, config: ZeroConfig, reference: Transformer | None) -> None:
        self.config, self.reference = config, reference
        self.seen: list[Tensor] = []
        """Of each micro-batch: policy loss, KL, tokens clipped low, tokens clipped high."""

    def __call__(self, logprobs: Tensor, batch: Batch) -> Tensor:
        config, ref_logprobs = self.config, None
        if self.reference is not None:
            routing = Routing(packing=packing_of(batch, config.optim))
            with torch.no_grad():
                ref_logprobs, _ = token_logprobs(self.reference, batch, config.temperature, routing)
        loss = policy_loss(
            logprobs,
            batch,
            clip_low=config.clip_low,
            clip_high=config.clip_high,
            ratio_level=config.ratio_level,
            kl_coef=config.kl_coef,
            ref_logprobs=ref_logprobs,
        )
        seen = torch.stack([loss.policy, loss.kl, loss.low_clipped, loss.high_clipped])
        self.seen.append(seen.detach())
        return loss.total

    def means(self, tokens: int, peers: Peers) -> list[float]:
        """Sums over the micro-batches of all; the clipped tokens as a share of all."""
        mine = torch.stack(self.seen).tolist()  # not before: it waits for the GPU
        seen = [row for some in peers.gather(mine) for row in some]
        # fsum rounds once, at the end: the sum doesn't depend on which thread came first.
        policy, kl, low, high = (math.fsum(column) for column in zip(*seen, strict=True))
        return [policy, kl, low / tokens, high / tokens]


def _metrics(updates: list[Update], sums: list[float]) -> dict[str, float]:
    """The first update is on policy, so sampler and trainer are compared there."""
    count, first = len(updates), updates[0]
    policy, kl, low, high = sums
    metrics = {
        "loss": sum(u.loss for u in updates) / count,
        "policy_loss": policy,
        "kl": kl,
        "entropy": sum(u.entropy for u in updates) / count,
        "grad_norm": sum(u.grad_norm for u in updates) / count,
        "clip_ratio/low_mean": low,
        "clip_ratio/high_mean": high,
        "sampling/sampling_logp_difference/mean": first.logp_difference_mean,
        "sampling/sampling_logp_difference/max": first.logp_difference_max,
        "router/drift": updates[-1].router_drift,
        "padding": first.padding,
        "padding/saved": first.padding_saved,
    }
    return metrics | first.router_metrics()
