"""One optimizer update from one batch, in micro-batches whose gradients add up exactly.

Because each token carries its weight in the loss (rl/batch.py), the gradient of the whole
batch is the plain sum over micro-batches: 1 x 32 sequences and 4 x 8 give the same update.
Pre-training, supervised fine-tuning and GRPO all go through here; they differ by `loss_fn`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minir1.config import OptimConfig
from minir1.model.balance import update_bias
from minir1.model.router import Routing
from minir1.model.transformer import Transformer
from minir1.rl.ahead import ahead_loss
from minir1.rl.batch import empty_part, speaking
from minir1.rl.logprobs import score_targets
from minir1.rl.packing import cut, empty_share, packing_of
from minir1.rl.parallel import ALONE, Peers
from minir1.rl.tree import shared_hidden
from minir1.rl.types import Batch

LossFn = Callable[[Float[Tensor, "B T"], Batch], Tensor]
"""(logprobs, micro-batch) -> its share of the loss, ready for backward."""


class NotFiniteError(ArithmeticError):
    """The loss or the gradient is NaN or infinite; the weights have not been touched."""

    def __init__(self, message: str, token_ids: list[list[int]]) -> None:
        super().__init__(message)
        self.token_ids = token_ids
        """The batch, as evidence."""


@dataclass(slots=True)
class Update:
    """What one update saw, summed over its micro-batches."""

    loss: float = 0.0
    entropy: float = 0.0
    """Mean entropy of the policy at the tokens of the loss mask, in nats."""
    aux_loss: float = 0.0
    ahead_loss: float = 0.0
    """Multi-token prediction's, before its weight."""
    grad_norm: float = 0.0
    load: Tensor | None = None
    """Tokens each expert got, "L E"."""
    logp_difference_mean: float = 0.0
    """Trainer against sampler, before the update: mean and largest |difference| in nats."""
    logp_difference_max: float = 0.0
    router_drift: float = 0.0
    """Share of (token, layer) places where the trainer's experts are not the sampler's."""
    padding: float = 0.0
    """Share of what was computed that held no token, and of what packing left out."""
    padding_saved: float = 0.0

    def __add__(self, other: "Update") -> "Update":
        """Both together: sums, the larger maximum, and the loads added."""
        loads = [load for load in (self.load, other.load) if load is not None]
        return Update(
            loss=self.loss + other.loss,
            entropy=self.entropy + other.entropy,
            aux_loss=self.aux_loss + other.aux_loss,
            ahead_loss=self.ahead_loss + other.ahead_loss,
            load=torch.stack(loads).sum(0) if loads else None,
            logp_difference_mean=self.logp_difference_mean + other.logp_difference_mean,
            logp_difference_max=max(self.logp_difference_max, other.logp_difference_max),
            router_drift=self.router_drift + other.router_drift,
        )

    def router_metrics(self) -> dict[str, float]:
        """The busiest and the idlest expert's load, where 1 is an even share."""
        if self.load is None:
            return {}
        share = self.load / self.load.sum(-1, keepdim=True) * self.load.shape[-1]
        return {
            "aux_loss": self.aux_loss,
            "router/load_max": float(share.max()),
            "router/load_min": float(share.min()),
        }


def cross_entropy(logprobs: Float[Tensor, "B T"], batch: Batch) -> Tensor:
    """Next-token prediction: the negative weighted log-probability of the targets."""
    return -(batch.weights * logprobs).sum()


def expert_changes(routing: Routing, batch: Batch) -> float:
    """(token, layer) places with another set of experts; not where a server didn't tell it (-1)."""
    if batch.experts is None:
        return 0.0
    then, now = batch.experts.sort(-1).values, routing.experts.sort(-1).values
    changed = (then != now).any(-1) & (then[..., 0] >= 0)
    return float((changed & batch.token_mask).sum())


def update(
    model: Transformer,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    optim: OptimConfig,
    loss_fn: LossFn = cross_entropy,
    *,
    temperature: float = 1.0,
    routing_replay: bool = False,
    workers: int = 1,
    peers: Peers = ALONE,
    mtp_coef: float = 0.0,
) -> Update:
    """Accumulate the gradient of `batch`, clip it, step, and move the router's bias."""
    optimizer.zero_grad(set_to_none=True)
    parameters = list(model.parameters())

    def work(some: list[int]) -> tuple[Update, Sequence[Tensor | None]]:
        part = peers.bring(batch.rows(some) if some else empty_part(batch))
        seen, total = _look(
            model, part, batch, optim, loss_fn, temperature, routing_replay, mtp_coef
        )
        if workers == 1:
            total.backward()
            return seen, ()
        # Threads that add into the same .grad would do it in the order of the clock.
        return seen, torch.autograd.grad(total, parameters, allow_unused=True)

    if optim.skip_silent:
        batch = speaking(batch)
    rows = cut(batch, optim, peers.size)
    empty = empty_share(rows, batch.lengths)
    seen = Update()
    for part_seen, gradients in peers.each(work, rows, idle=[], workers=workers):
        seen = seen + part_seen
        for parameter, gradient in zip(parameters, gradients, strict=False):
            if gradient is not None:
                grad = parameter.grad
                parameter.grad = gradient if grad is None else grad.add_(gradient)
    seen.padding, seen.padding_saved = (0.0, empty) if optim.pack else (empty, 0.0)
    seen.grad_norm = peers.clip(parameters, optim.grad_clip)
    if not (math.isfinite(seen.grad_norm) and math.isfinite(seen.loss)):
        raise NotFiniteError(
            f"loss = {seen.loss}, gradient norm = {seen.grad_norm}", batch.inputs.tolist()
        )
    optimizer.step()
    move_router_bias(model, seen.load, optim.bias_update_speed)
    return seen


def _look(
    model: Transformer,
    part: Batch,
    batch: Batch,
    optim: OptimConfig,
    loss_fn: LossFn,
    temperature: float,
    routing_replay: bool,
    mtp_coef: float,
) -> tuple[Update, Tensor]:
    """The forward pass of one micro-batch: its share of what is seen, and of the loss."""
    forced = part.experts if routing_replay else None
    packing = packing_of(part, optim)
    routing = Routing(forced_experts=forced, token_mask=part.token_mask, packing=packing)
    if optim.share_prefixes:
        hidden = shared_hidden(model, part.inputs, part.token_mask)
    else:
        hidden = model.hidden(part.inputs, routing=routing)
    logprobs, entropy = score_targets(model, hidden, part.targets, part.loss_mask, temperature)
    loss = total = loss_fn(logprobs, part)
    n_tokens = float(batch.loss_mask.sum())
    places = float(batch.token_mask.sum()) * max(1, model.config.n_moe_layers)
    gap = torch.where(part.loss_mask, (logprobs.detach() - part.old_logprobs).abs(), 0.0)
    seen = Update(
        loss=float(loss.detach()),
        entropy=float(entropy.sum()) / n_tokens,
        logp_difference_mean=float(gap.sum()) / n_tokens,
        logp_difference_max=float(gap.max()),
        router_drift=expert_changes(routing, part) / places,
    )
    if mtp_coef:
        ahead = ahead_loss(model, part, hidden, routing)
        total = total + mtp_coef * ahead
        seen.ahead_loss = float(ahead.detach())
    if routing.chosen or routing.ahead:  # empty in a model without experts
        balance = routing.balance_loss * (len(part.inputs) / len(batch.inputs))
        total = total + optim.balance_coef * balance
        seen.aux_loss = float(balance.detach())
        seen.load = routing.load.cpu()
    return seen, total


def move_router_bias(model: Transformer, load: Tensor | None, speed: float) -> None:
    """Auxiliary-loss-free balancing, once an update, over the whole batch's load."""
    if speed and load is not None:
        # Layers of multi-token prediction come last, and have no load where they did not run.
        for router, counts in zip(model.routers()[: len(load)], load, strict=True):
            update_bias(router.e_score_correction_bias, counts, speed)
