"""The whole layer of experts, trainable: what minir1's `experts_torch` computes, in kernels.

    out_n = sum over j of  weight_nj * expert_{idx_nj}(x_n)

    forward    sort -> up -> down -> combine
    backward   down_dh -> down_ds, down_dw        from the output's gradient to the hidden one
                       -> up_dw                   and from there to the first weights
                       -> up_dx -> combine        and to the tokens

What is kept for the backward pass: x, h = [g u], the weights of both, and where rows stand,
N D + 2 R F elements. Not a = silu(g) u, which is cheap to compute again, and not y, which two
identities make needless (down_dh.py, dw.py).

Nothing here waits for the GPU, adds atomically, or asks how many tokens there are before it
chooses a tile: the same input gives the same bits, and so does a token whose batch changes.
"""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from minir1_kernels.combine import combine
from minir1_kernels.contract import (
    FLOATS,
    INTEGERS,
    check,
    check_device,
    check_indices,
    check_width,
    launching_on,
    require,
)
from minir1_kernels.down_dh import down_dh
from minir1_kernels.down_ds import down_ds
from minir1_kernels.dw import down_dw, up_dw
from minir1_kernels.grouped import down as down_projection
from minir1_kernels.grouped import up_dx
from minir1_kernels.sort import Sorted, sort
from minir1_kernels.up import up


class Experts(torch.autograd.Function):
    """out = combine(down(up(x))), and the gradients of x, the routing weights and both stacks."""

    @staticmethod
    def forward(x, weight, gate_up, down, order, place, offsets):
        rows = Sorted(order, place, offsets)
        h, a = up(x, gate_up, rows, keep_h=True)
        return combine(down_projection(a, down, rows), rows, len(x), weight), h

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        h = output[1]
        ctx.mark_non_differentiable(h)
        # Or autograd would make 2 R F zeros for the gradient that h never has.
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*inputs, h)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        if grads[0] is None:
            return (None,) * 7
        x, weight, gate_up, down, order, place, offsets, h = ctx.saved_tensors
        wants_x, wants_weight, wants_gate_up, wants_down = ctx.needs_input_grad[:4]
        dout, rows = grads[0].contiguous(), Sorted(order, place, offsets)
        with launching_on(dout):
            dh, scaled, parts = down_dh(dout, down, weight, h, rows)
            dx = combine(up_dx(dh, gate_up, rows), rows, len(x)) if wants_x else None
            dweight = down_ds(parts, rows, weight) if wants_weight else None
            dgate_up = up_dw(dh, x, rows) if wants_gate_up else None
            ddown = down_dw(dout, scaled, rows) if wants_down else None
        return dx, dweight, dgate_up, ddown, None, None, None


def experts(
    x: Float[Tensor, "N D"],
    topk_idx: Int[Tensor, "N K"],
    topk_weight: Float[Tensor, "N K"],
    gate_up: Float[Tensor, "E F2 D"],
    down: Float[Tensor, "E D F"],
    splits: list[int] | None = None,
) -> Float[Tensor, "N D"]:
    """Run every token through its K experts and add the results by weight."""
    check_layer(x, topk_idx, topk_weight, gate_up, down)
    check_indices("topk_idx", topk_idx, 0, len(gate_up))
    with launching_on(x):
        rows = sort(topk_idx, len(gate_up))
        if splits is not None:
            rows = with_splits(rows, splits)
        return run(x, topk_weight, gate_up, down, rows)


def run(x: Tensor, weight: Tensor, gate_up: Tensor, down: Tensor, rows: Sorted) -> Tensor:
    """The layer on rows that are sorted already; h is written only if a gradient will ask."""
    if torch.is_grad_enabled() and any(t.requires_grad for t in (x, weight, gate_up, down)):
        return Experts.apply(x, weight, gate_up, down, rows.order, rows.place, rows.offsets)[0]
    _, a = up(x, gate_up, rows, keep_h=False)
    return combine(down_projection(a, down, rows), rows, len(x), weight)


def with_splits(rows: Sorted, splits: list[int]) -> Sorted:
    """Let the caller dictate how many of the sorted rows each expert gets."""
    n_rows, n_experts = len(rows.order), len(rows.offsets) - 1
    fits = len(splits) == n_experts and sum(splits) == n_rows and min(splits, default=0) >= 0
    require(fits, "splits", splits, f"{n_experts} counts that add up to {n_rows}")
    ends = torch.tensor([0, *splits], dtype=torch.int32).cumsum(0, dtype=torch.int32)
    return Sorted(rows.order, rows.place, ends.to(rows.offsets.device))


def check_layer(
    x: Tensor, topk_idx: Tensor, topk_weight: Tensor, gate_up: Tensor, down: Tensor
) -> None:
    """Raise a ValueError unless these five make one layer that the kernels can run."""
    check("x", x, (None, None), FLOATS)
    n_tokens, width = x.shape
    check_device("x", x)
    check("gate_up", gate_up, (None, None, width), (x.dtype,), like=x)
    n_experts, two_hidden, _ = gate_up.shape
    require(two_hidden % 2 == 0, "gate_up", f"{two_hidden} high", "2 F rows, gate above up")
    check("down", down, (n_experts, width, two_hidden // 2), (x.dtype,), like=x)
    check("topk_idx", topk_idx, (n_tokens, None), INTEGERS, like=x)
    check("topk_weight", topk_weight, tuple(topk_idx.shape), FLOATS, like=x)
    require(n_experts > 0, "gate_up", "of 0 experts", "1 or more")
    require(topk_idx.shape[1] > 0, "topk_idx", "of K = 0", "1 or more experts a token")
    require(topk_idx.numel() < 2**31, "topk_idx", f"{topk_idx.numel()} rows", "fewer than 2^31")
    check_width("the model's width D", width, x.element_size())
    check_width("an expert's width F", two_hidden // 2, x.element_size())
