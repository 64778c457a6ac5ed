"""One optimizer update from one batch, in micro-batches whose gradients add up exactly.

Because each token carries its weight in the loss (rl/batch.py), the gradient of the whole
batch is the plain sum over micro-batches: 1 x 32 sequences and 4 x 8 give the same update.
Pre-training, supervised fine-tuning and GRPO all go through here; they differ by `loss_fn`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minir1.config import OptimConfig
from minir1.model.balance import update_bias
from minir1.model.router import Routing
from minir1.model.transformer import Transformer
from minir1.rl.batch import micro_batches
from minir1.rl.logprobs import token_logprobs
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
    grad_norm: float = 0.0
    load: Tensor | None = None
    """Tokens each expert got, "L E"."""
    logp_difference_mean: float = 0.0
    """Trainer against sampler, before the update: mean and largest |difference| in nats."""
    logp_difference_max: float = 0.0
    router_drift: float = 0.0
    """Share of (token, layer) places where the trainer's experts are not the sampler's."""

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
    """Number of (token, layer) places whose set of experts changed, in one micro-batch."""
    if batch.experts is None:
        return 0.0
    then, now = batch.experts.sort(-1).values, routing.experts.sort(-1).values
    return float(((then != now).any(-1) & batch.token_mask).sum())


def update(
    model: Transformer,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    optim: OptimConfig,
    loss_fn: LossFn = cross_entropy,
    *,
    temperature: float = 1.0,
    routing_replay: bool = False,
) -> Update:
    """Accumulate the gradient of `batch`, clip it, step, and move the router's bias."""
    optimizer.zero_grad(set_to_none=True)
    seen = Update()
    n_rows, n_tokens = batch.inputs.shape[0], float(batch.loss_mask.sum())
    for index in micro_batches(batch.lengths, optim.micro_batch_tokens):
        part = batch.rows(index)
        routing = Routing(
            forced_experts=part.experts if routing_replay else None, token_mask=part.token_mask
        )
        logprobs, entropy = token_logprobs(model, part, temperature, routing)
        loss = loss_fn(logprobs, part)
        total = loss
        if routing.chosen:  # empty in a model without experts
            balance = routing.balance_loss * (len(index) / n_rows)
            total = loss + optim.balance_coef * balance
            seen.aux_loss += float(balance.detach())
            seen.load = routing.load if seen.load is None else seen.load + routing.load
        total.backward()
        seen.loss += float(loss.detach())
        seen.entropy += float(entropy.sum()) / n_tokens
        gap = torch.where(part.loss_mask, (logprobs.detach() - part.old_logprobs).abs(), 0.0)
        seen.logp_difference_mean += float(gap.sum()) / n_tokens
        seen.logp_difference_max = max(seen.logp_difference_max, float(gap.max()))
        seen.router_drift += expert_changes(routing, part)
    places = float(batch.token_mask.sum()) * max(1, model.config.n_moe_layers)
    seen.router_drift /= places
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), optim.grad_clip)
    seen.grad_norm = float(norm)
    if not (torch.isfinite(norm) and torch.isfinite(torch.tensor(seen.loss))):
        raise NotFiniteError(
            f"loss = {seen.loss}, gradient norm = {seen.grad_norm}", batch.inputs.tolist()
        )
    optimizer.step()
    move_router_bias(model, seen.load, optim.bias_update_speed)
    return seen


def move_router_bias(model: Transformer, load: Tensor | None, speed: float) -> None:
    """Auxiliary-loss-free balancing, once an update, over the whole batch's load."""
    if speed and load is not None:
        for router, counts in zip(model.routers(), load, strict=True):
            update_bias(router.e_score_correction_bias, counts, speed)
