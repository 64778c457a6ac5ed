"""When another engine samples: the trainer judges its tokens again, and weighs them by the odds.

    w_t = min(pi(y_t) / mu(y_t), cap),      A_t = w_t A

mu is the engine that drew the token, pi the policy in the trainer before the update. They hold
the same weights, but other kernels, another number type or another choice of experts round them
apart. A mean over mu's tokens of (pi / mu) f is a mean over pi's tokens of f, so with the weight
the gradient is again the policy's own. One rare token may count a hundredfold, and drown the
others: the cap takes a little bias for much less noise. This is truncated importance sampling
(Espeholt et al., IMPALA, arXiv 1802.01561, 4.1; for LLM rollouts: Yao et al. 2025, "Your
efficient RL framework secretly brings you off-policy RL training").

The ratio of the clip (loss.py) then starts from pi, not from mu: it is 1 before the first update,
so the clip limits how far the update goes and not how far the engine was off.

Worked example: mu = .2 and pi = .3 at the drawn token weigh it 1.5; mu = .01 would be 30, and is 2.

In the prompt's journey: between the verdicts and the update, where a server sampled.
"""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import torch

from minir1.config import ZeroConfig
from minir1.model.router import Routing
from minir1.model.transformer import Transformer
from minir1.rl.batch import all_groups, collate, empty_part
from minir1.rl.logprobs import token_logprobs
from minir1.rl.packing import cut, packing_of
from minir1.rl.parallel import ALONE, Peers
from minir1.rl.types import Batch, Group, Rollout


def importance(
    logprobs: Sequence[float], sampled: Sequence[float], cap: int | float
) -> list[float]:
    """w_t of each token of one rollout.

    >>> from math import log
    >>> [round(w, 3) for w in importance([log(0.3)] * 2, [log(0.2), log(0.01)], cap=2)]
    [1.5, 2.0]
    """
    difference = torch.tensor(logprobs) - torch.tensor(sampled)
    return difference.exp().clamp_max(cap).tolist()


def corrected(
    policy: Transformer,
    groups: Sequence[Group],
    config: ZeroConfig,
    cap: int | float,
    *,
    workers: int = 1,
    peers: Peers = ALONE,
) -> tuple[list[Group], dict[str, float]]:
    """The groups with the trainer's log-probabilities and a weight for each token; the mismatch."""
    rollouts = all_groups(groups)
    judged = judge_again(policy, rollouts, config, workers=workers, peers=peers)
    pairs = list(zip(rollouts, judged, strict=True))
    weights = [importance(logprobs, one.logprobs, cap) for one, logprobs in pairs]
    fresh = iter(
        replace(one, logprobs=logprobs, importance=weight)
        for (one, logprobs), weight in zip(pairs, weights, strict=True)
    )
    changed = [
        replace(group, rollouts=list(itertools.islice(fresh, len(group.rollouts))))
        for group in groups
    ]
    gaps = torch.cat([torch.tensor(ours) - torch.tensor(one.logprobs) for one, ours in pairs])
    every = torch.tensor([w for weight in weights for w in weight])
    return changed, {
        "sampling/sampling_logp_difference/mean": float(gaps.abs().mean()),
        "sampling/sampling_logp_difference/max": float(gaps.abs().max()),
        "sampling/importance_sampling_ratio/min": float(every.min()),
        "sampling/importance_sampling_ratio/mean": float(every.mean()),
        "sampling/importance_sampling_ratio/max": float(every.max()),
        "sampling/importance_capped": float((every >= cap).float().mean()),
    }


def judge_again(
    policy: Transformer,
    rollouts: Sequence[Rollout],
    config: ZeroConfig,
    *,
    workers: int = 1,
    peers: Peers = ALONE,
) -> list[list[float]]:
    """The policy's log-probability of each completion token, as the update will compute it.

    With the experts of the sampler where the update will replay them.
    """
    device = next(policy.parameters()).device
    whole = collate(rollouts, [0.0] * len(rollouts), device=device)
    rows = cut(whole, config.optim, peers)

    def work(some: list[int]) -> list[list[float]]:
        part = peers.bring(whole.rows(some) if some else empty_part(whole))
        forced = part.experts if config.routing_replay else None
        packing = packing_of(part, config.optim)
        routing = Routing(forced_experts=forced, token_mask=part.token_mask, packing=packing)
        with torch.no_grad():  # here, since it holds for this thread alone
            found, _ = token_logprobs(policy, part, config.temperature, routing)
        pairs = zip(found, part.loss_mask, strict=True)
        return [row[where].tolist() for row, where in pairs]

    done = peers.each(work, rows, idle=[], workers=workers)
    judged: list[list[float]] = [[] for _ in rollouts]
    for some, logprobs in zip(rows, done, strict=True):
        for row, own in zip(some, logprobs, strict=True):
            judged[row] = own
    return judged


def weigh(batch: Batch, rollouts: Sequence[Rollout]) -> Batch:
    """The batch of these rollouts with A_t = w_t A; as it is where the policy itself sampled."""
    if all(rollout.importance is None for rollout in rollouts):
        return batch
    weights = torch.ones_like(batch.advantages)
    for row, rollout in enumerate(rollouts):
        if rollout.importance is not None:
            own = torch.tensor(rollout.importance).to(weights)
            weights[row] = weights[row].masked_scatter(batch.loss_mask[row], own)
    return replace(batch, advantages=batch.advantages * weights)
