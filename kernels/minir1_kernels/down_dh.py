"""Backward of the second half and of SwiGLU: from dout to dh, in one kernel.

    da'_p = dout_token(p) W2_e                 not yet times the row's weight s_p
    ds_p  = <da'_p, a_p>                       instead of <dout, y>, so y is never kept
    da_p  = s_p da'_p
    du_p  = da_p * silu(g_p)                   silu(g) = g * sigmoid(g)
    dg_p  = da_p * u_p * sigmoid(g_p) * (1 + g_p * (1 - sigmoid(g_p)))

    dout [N D]    order           W2_e        registers          written
    token --------> rows of e --> [D F] --> da' -+-> sum ------> ds of this block of columns
                                  h [R 2F] ------+-> SwiGLU' --> dh [R 2F]
                                                 +-> s a ------> a' [R F], for dW2

ds_p is a sum over all F columns, and a program sees BLOCK_N of them: it writes its part, and
`down_ds` adds the parts in their order. The first identity is SonicMoE's (2512.14080).

Spec: autograd of `s * (silu(g) * u) @ W2_e.T`.
Moves N D (dout; up to K times as much) + E D F (W2) + R 2F (h) + R 3F (dh, a') elements;
2 R F D FLOPs.
"""

import torch
import triton
import triton.language as tl
from jaxtyping import Float
from torch import Tensor

from minir1_kernels.box import box, expert_box, source, whole
from minir1_kernels.configs import config, current_arch
from minir1_kernels.contract import FLOATS, check, check_width
from minir1_kernels.sort import Sorted
from minir1_kernels.tiles import tiles_of


@triton.jit
def halves(x):
    """The left and the right half of a tile's columns."""
    return x.reshape(x.shape[0], 2, x.shape[1] // 2).permute(0, 2, 1).split()


@triton.jit
def backward_of_swiglu(
    da, s, h, dh_ptr, scaled_ptr, start, live, first, F, n_rows,
    BLOCK_M: tl.constexpr, WIDTH: tl.constexpr, TMA: tl.constexpr,
):  # fmt: skip
    """Write dh and a' for WIDTH columns from `first` on; their part of ds."""
    # Boxes reach into other experts' rows and past F; da is 0 there, or nothing is stored.
    gate = box(h, start, first, n_rows, 2 * F, BLOCK_M, WIDTH, TMA).to(tl.float32)
    up = box(h, start, F + first, n_rows, 2 * F, BLOCK_M, WIDTH, TMA).to(tl.float32)
    sigmoid = tl.sigmoid(gate)
    silu = gate * sigmoid
    part = tl.sum(da * silu * up, axis=1)
    # All values first, rounded, then all stores: so fewer of them are alive at a time.
    kind = dh_ptr.dtype.element_ty
    s = s[:, None]
    scaled = (s * silu * up).to(kind)
    d_gate = (s * da * up * sigmoid * (1 + gate * (1 - sigmoid))).to(kind)
    d_up = (s * da * silu).to(kind)
    places = (start + tl.arange(0, BLOCK_M)).to(tl.int64)[:, None]
    columns = (first + tl.arange(0, WIDTH))[None, :]
    inside = live[:, None] & (columns < F)
    tl.store(scaled_ptr + places * F + columns, scaled, mask=inside)
    tl.store(dh_ptr + places * (2 * F) + columns, d_gate, mask=inside)
    tl.store(dh_ptr + places * (2 * F) + F + columns, d_up, mask=inside)
    return part


@triton.jit
def down_dh_kernel(
    dout_ptr, w, weight_ptr, h, dh_ptr, scaled_ptr, part_ptr,
    order_ptr, offsets_ptr, tile_expert_ptr, tile_start_ptr,
    D, F, K, n_rows,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr,
    TMA: tl.constexpr,
):  # fmt: skip
    """One tile of rows, one block of the expert's F columns; blocks are the fast axis."""
    D, F = whole(D, dout_ptr), whole(F, dout_ptr)
    n_blocks = tl.cdiv(F, BLOCK_N)
    tile, block = tl.program_id(0) // n_blocks, tl.program_id(0) % n_blocks
    expert = tl.load(tile_expert_ptr + tile)
    if expert < 0:
        return
    start = tl.load(tile_start_ptr + tile)
    places = start + tl.arange(0, BLOCK_M)
    live = places < tl.load(offsets_ptr + expert + 1)
    row = tl.load(order_ptr + places, mask=live, other=0)
    dout_rows = dout_ptr + (row // K).to(tl.int64)[:, None] * D
    first = block * BLOCK_N
    da = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    for k in range(0, D, BLOCK_K):
        ks = k + tl.arange(0, BLOCK_K)
        dout = tl.load(dout_rows + ks[None, :], mask=live[:, None] & (ks < D)[None, :], other=0.0)
        w_box = expert_box(w, expert, k, first, D, F, BLOCK_K, BLOCK_N, TMA)
        da = tl.dot(dout, w_box, da, input_precision="ieee")
    s = tl.load(weight_ptr + row, mask=live, other=0.0).to(tl.float32)
    # One quarter of the columns after the other: g, u and their kin of all don't fit the registers.
    WIDTH: tl.constexpr = BLOCK_N // 4
    left, right = halves(da)
    quarters = halves(left) + halves(right)
    part = tl.zeros((BLOCK_M,), tl.float32)
    for q in tl.static_range(4):
        part += backward_of_swiglu(
            quarters[q], s, h, dh_ptr, scaled_ptr, start, live, first + q * WIDTH,
            F, n_rows, BLOCK_M, WIDTH, TMA,
        )  # fmt: skip
    tl.store(part_ptr + block.to(tl.int64) * n_rows + places, part, mask=live)


def down_dh(
    dout: Float[Tensor, "N D"],
    down: Float[Tensor, "E D F"],
    weight: Float[Tensor, "N K"],
    h: Float[Tensor, "R F2"],
    rows: Sorted,
) -> tuple[Float[Tensor, "R F2"], Float[Tensor, "R F"], Float[Tensor, "parts R"]]:
    """dh, a' = s a, and the parts of ds, all in the sorted order."""
    check("dout", dout, (None, None), FLOATS)
    (n_tokens, width), n_rows = dout.shape, len(rows.order)
    check("down", down, (len(rows.offsets) - 1, width, None), (dout.dtype,), like=dout)
    hidden = down.shape[2]
    for size in (width, hidden):
        check_width("a width of down", size, dout.element_size())
    check("h", h, (n_rows, 2 * hidden), (dout.dtype,), like=dout)
    check("topk_weight", weight, (n_tokens, None), FLOATS, like=dout)
    tile = config("down_dh", current_arch(), itemsize=dout.element_size(), D=width, F=hidden)
    n_blocks = triton.cdiv(hidden, tile["BLOCK_N"])
    dh, scaled = torch.empty_like(h), h.new_empty(n_rows, hidden)
    parts = h.new_empty((n_blocks, n_rows), dtype=torch.float32)
    if n_rows == 0:
        return dh, scaled, parts
    tiles = tiles_of(rows.offsets, n_rows, tile["BLOCK_M"])
    down_dh_kernel[(len(tiles.expert) * n_blocks,)](
        dout, source(down, [1, tile["BLOCK_K"], tile["BLOCK_N"]], tile["TMA"]), weight,
        source(h, [tile["BLOCK_M"], tile["BLOCK_N"] // 4], tile["TMA"]), dh, scaled, parts,
        rows.order, rows.offsets, tiles.expert, tiles.start,
        width, hidden, weight.shape[1], n_rows, **tile,
    )  # fmt: skip
    return dh, scaled, parts
