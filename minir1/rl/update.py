"""One optimizer update from one batch, in micro-batches whose gradients add up exactly.

Because each token carries its weight in the loss (rl/batch.py), the gradient of the whole
batch is the plain sum over micro-batches: 1 x 32 sequences and 4 x 8 give the same update.
Pre-training, supervised fine-tuning and GRPO all go through here; they differ by `loss_fn`.
"""

import math
from collections.abc import Callable, Sequence

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
from minir1.rl.seen import Update, expert_changes, read
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


def cross_entropy(logprobs: Float[Tensor, "B T"], batch: Batch) -> Tensor:
    """Next-token prediction: the negative weighted log-probability of the targets."""
    return -(batch.weights * logprobs).sum()


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
        total, numbers, load = _look(
            model, part, batch, optim, loss_fn, temperature, routing_replay, mtp_coef
        )
        gradients = ()
        if workers == 1:
            total.backward()
        else:  # Threads that add into the same .grad would do it in the order of the clock.
            gradients = torch.autograd.grad(total, parameters, allow_unused=True)
        return read(numbers, load, whole), gradients

    if optim.skip_silent:
        batch = speaking(batch)
    rows, lengths = cut(batch, optim, peers), batch.lengths
    empty = empty_share(rows, lengths)
    n_tokens = float(batch.loss_mask.sum())
    places = float(sum(lengths) * max(1, model.config.n_moe_layers))
    whole = {"entropy": n_tokens, "logp_difference_mean": n_tokens, "router_drift": places}
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
) -> tuple[Tensor, dict[str, Tensor], Tensor | None]:
    """The forward pass of one micro-batch: its share of the loss and of what is seen, the load."""
    forced = part.experts if routing_replay else None
    packing = packing_of(part, optim)
    routing = Routing(forced_experts=forced, token_mask=part.token_mask, packing=packing)
    if optim.share_prefixes:
        hidden = shared_hidden(model, part.inputs, part.token_mask)
    else:
        hidden = model.hidden(part.inputs, routing=routing)
    logprobs, entropy = score_targets(model, hidden, part.targets, part.loss_mask, temperature)
    loss = total = loss_fn(logprobs, part)
    gap = torch.where(part.loss_mask, (logprobs.detach() - part.old_logprobs).abs(), 0.0)
    seen = {
        "loss": loss,
        "entropy": entropy.sum(),
        "logp_difference_mean": gap.sum(),
        "logp_difference_max": gap.max(),
        "router_drift": expert_changes(routing, part),
    }
    if mtp_coef:
        seen["ahead_loss"] = ahead = ahead_loss(model, part, hidden, routing)
        total = total + mtp_coef * ahead
    if not (routing.chosen or routing.ahead):  # a model without experts
        return total, seen, None
    seen["aux_loss"] = balance = routing.balance_loss * (len(part.inputs) / len(batch.inputs))
    return total + optim.balance_coef * balance, seen, routing.load


def move_router_bias(model: Transformer, load: Tensor | None, speed: float) -> None:
    """Auxiliary-loss-free balancing, once an update, over the whole batch's load."""
    if speed and load is not None:
        # Layers of multi-token prediction come last, and have no load where they did not run.
        for router, counts in zip(model.routers()[: len(load)], load, strict=True):
            update_bias(router.e_score_correction_bias, counts, speed)
