"""Gradients of the experts' weights: one product an expert, summed over its rows.

    dW_e = sum over the places p of e of  left_p^T right_p

    down_dw   dW2_e [D F]  = dout_token(p)^T  (s a)_p      SonicMoE's second identity: the weight
    up_dw     dW1_e [2F D] = dh_p^T           x_token(p)   s sits on a, so y and dy don't exist

    left, rows of e       right, rows of e             dW_e
    [. m m m . . .]       [. . n n . .]
    [. m m m . . .]   ^T  [. . n n . .]    --sum-->    tile [m, n], one program
    [. m m m . . .]       [. . n n . .]

The gather is on the axis of the sum: a row of tokens is fetched by its id while it is needed.
Each program sums all rows of its expert, from first to last: no parts, no atomics. An expert
without rows has a sum of nothing, and its zeros are written, since the output is not cleared.

Spec: autograd of `rows @ W_e.T`.
Moves R left + R right + E left right elements; 2 R left right FLOPs.
"""

import triton
import triton.language as tl
from jaxtyping import Float
from torch import Tensor

from minir1_kernels.box import whole
from minir1_kernels.configs import config, current_arch
from minir1_kernels.contract import FLOATS, check, check_width
from minir1_kernels.sort import Sorted


@triton.jit
def dw_kernel(
    left_ptr, right_ptr, dw_ptr, order_ptr, offsets_ptr, left_width, right_width, K,
    GATHER_LEFT: tl.constexpr,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
    """One [BLOCK_M, BLOCK_N] tile of one expert's gradient; GATHER_LEFT, or the right side."""
    left_width, right_width = whole(left_width, left_ptr), whole(right_width, right_ptr)
    n_blocks = tl.cdiv(right_width, BLOCK_N)
    blocks = tl.cdiv(left_width, BLOCK_M) * n_blocks
    expert, block = tl.program_id(0) // blocks, tl.program_id(0) % blocks
    ms = (block // n_blocks) * BLOCK_M + tl.arange(0, BLOCK_M)
    ns = (block % n_blocks) * BLOCK_N + tl.arange(0, BLOCK_N)
    end = tl.load(offsets_ptr + expert + 1)
    dw = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    for first in range(tl.load(offsets_ptr + expert), end, BLOCK_K):
        places = first + tl.arange(0, BLOCK_K)
        live = places < end
        tokens = (tl.load(order_ptr + places, mask=live, other=0) // K).to(tl.int64)
        if GATHER_LEFT:
            left_rows, right_rows = tokens, places.to(tl.int64)
        else:
            left_rows, right_rows = places.to(tl.int64), tokens
        left = tl.load(
            left_ptr + left_rows[:, None] * left_width + ms[None, :],
            mask=live[:, None] & (ms < left_width)[None, :],
            other=0.0,
        )
        right = tl.load(
            right_ptr + right_rows[:, None] * right_width + ns[None, :],
            mask=live[:, None] & (ns < right_width)[None, :],
            other=0.0,
        )
        dw = tl.dot(left.T, right, dw, input_precision="ieee")
    at = dw_ptr + expert.to(tl.int64) * left_width * right_width + ms[:, None] * right_width
    inside = (ms < left_width)[:, None] & (ns < right_width)[None, :]
    tl.store(at + ns[None, :], dw.to(dw_ptr.dtype.element_ty), mask=inside)


def dw(op: str, left: Tensor, right: Tensor, rows: Sorted, widths: dict[str, int]) -> Tensor:
    """Launch the kernel; the side with one row a token is the one that is gathered."""
    n_experts, n_rows = len(rows.offsets) - 1, len(rows.order)
    gather_left = op == "down_dw"
    gathered, lined_up = (left, right) if gather_left else (right, left)
    check(f"{op}: gathered side", gathered, (None, None), FLOATS)
    check(f"{op}: other side", lined_up, (n_rows, None), (gathered.dtype,), like=gathered)
    for side in (left, right):
        check_width(f"{op}: a width", side.shape[1], side.element_size())
    k = n_rows // max(1, len(gathered))
    tile = config(op, current_arch(), itemsize=left.element_size(), **widths)
    out = left.new_empty(n_experts, left.shape[1], right.shape[1])
    blocks = triton.cdiv(out.shape[1], tile["BLOCK_M"]) * triton.cdiv(out.shape[2], tile["BLOCK_N"])
    dw_kernel[(n_experts * blocks,)](
        left, right, out, rows.order, rows.offsets, out.shape[1], out.shape[2], max(1, k),
        GATHER_LEFT=gather_left, **tile,
    )  # fmt: skip
    return out


def down_dw(
    dout: Float[Tensor, "N D"], scaled: Float[Tensor, "R F"], rows: Sorted
) -> Float[Tensor, "E D F"]:
    """dW2, with `scaled` = s a as `down_dh` wrote it."""
    widths = {"D": dout.shape[1], "F": scaled.shape[1]}
    return dw("down_dw", dout, scaled, rows, widths)


def up_dw(
    dh: Float[Tensor, "R F2"], x: Float[Tensor, "N D"], rows: Sorted
) -> Float[Tensor, "E F2 D"]:
    """dW1, the gate's rows above the up's, as the weights are kept."""
    widths = {"D": x.shape[1], "F": dh.shape[1] // 2}
    return dw("up_dw", dh, x, rows, widths)
