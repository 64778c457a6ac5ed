"""The trainable router: `route` forward and backward, behind one call with its contract.

    weights, experts, scores = route(logits, bias, forced, rule)

Gradients flow from the weights and from the scores (a balance loss reads them) to the logits.
The layer's other entrance is `moe.experts`: what is chosen here runs there.
"""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from minir1_kernels.contract import (
    FLOATS,
    INTEGERS,
    check,
    check_device,
    check_indices,
    launching_on,
    require,
)  # fmt: skip
from minir1_kernels.route import Rule, route_forward
from minir1_kernels.route_backward import route_backward


class Route(torch.autograd.Function):
    """Keeps the scores and the choice."""

    @staticmethod
    def forward(logits, bias, forced, rule):
        return route_forward(logits, bias, forced, rule)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        logits, _, _, ctx.rule = inputs
        _, idx, scores = output
        ctx.mark_non_differentiable(idx)
        ctx.save_for_backward(idx, scores)
        ctx.dtype = logits.dtype

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        idx, scores = ctx.saved_tensors
        dweight, _, dscores = (grad.contiguous() for grad in grads)
        with launching_on(scores):
            dlogits = route_backward(dweight, dscores, scores, idx, ctx.rule, ctx.dtype)
        return dlogits, None, None, None


def route(
    logits: Float[Tensor, "N E"],
    bias: Float[Tensor, "E"],
    forced: Int[Tensor, "N K"] | None,
    rule: Rule,
) -> tuple[Float[Tensor, "N K"], Int[Tensor, "N K"], Float[Tensor, "N E"]]:
    """Weights, experts and scores of each token; `forced` experts replace a choice where >= 0."""
    check("logits", logits, (None, None), FLOATS)
    check_device("logits", logits)
    n_tokens, n_experts = logits.shape
    check("bias", bias, (n_experts,), (torch.float32,), like=logits)
    check_rule(rule, n_experts)
    if forced is not None:
        check("forced", forced, (n_tokens, rule.k), INTEGERS, like=logits)
        check_indices("forced", forced, -1, n_experts)
    with launching_on(logits):
        return Route.apply(logits, bias, forced, rule)


def check_rule(rule: Rule, n_experts: int) -> None:
    """A router must be able to find K experts in its open groups."""
    groups = rule.groups
    fits = groups >= 1 and n_experts % groups == 0 and (groups == 1 or n_experts // groups >= 2)
    require(fits, "groups", groups, f"a divisor of {n_experts} that leaves each group 2 or more")
    require(1 <= rule.open_groups <= groups, "open_groups", rule.open_groups, f"1 to {groups}")
    most = n_experts // groups * rule.open_groups
    require(1 <= rule.k <= most, "k", rule.k, f"1 to {most}, the experts left in open groups")
