"""What an update saw: the numbers of its micro-batches, added up.

    forward pass -> numbers that lie on the GPU -> backward pass -> read -> + those of the others

To read a number is to wait until the GPU has come to it, and meanwhile nothing is sent there. So
all numbers of a micro-batch are read at once, when its backward pass is on its way.

In the prompt's journey: beside the loss (`update.py`); from here they go into the metrics.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from minir1.model.router import Routing
from minir1.rl.types import Batch


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


def expert_changes(routing: Routing, batch: Batch) -> Float[Tensor, ""]:
    """(token, layer) places with another set of experts; not where a server didn't tell it (-1)."""
    if batch.experts is None:
        return batch.weights.new_zeros(())
    then, now = batch.experts.sort(-1).values, routing.experts.sort(-1).values
    changed = (then != now).any(-1) & (then[..., 0] >= 0)
    return (changed & batch.token_mask).sum().float()


def read(
    numbers: Mapping[str, Float[Tensor, ""]],
    load: Int[Tensor, "L E"] | None,
    whole: Mapping[str, float],
) -> Update:
    """A micro-batch's numbers as Python's; where `whole` has a name, a sum becomes a share of it.

    >>> numbers = {"loss": torch.tensor(0.5), "entropy": torch.tensor(3.0)}
    >>> seen = read(numbers, None, whole={"entropy": 12.0})
    >>> seen.loss, seen.entropy
    (0.5, 0.25)
    """
    values = torch.stack([number.detach() for number in numbers.values()]).tolist()
    pairs = zip(numbers, values, strict=True)
    seen = Update(**{name: value / whole.get(name, 1.0) for name, value in pairs})
    seen.load = None if load is None else load.cpu()
    return seen
