"""First half of an expert: gather the token, multiply, and SwiGLU, in one kernel.

    [g u]_p = x_token(p) W1_e^T          W1_e: [2F D], the gate's F rows above the up's
    a_p     = silu(g_p) * u_p            silu(z) = z * sigmoid(z)          (2002.05202)

    x [N D]       order         W1_e            one program
    token 0  --+                +------+        h[p, n], h[p, F + n]   kept for backward
    token 1    +-> rows of e -> | gate | -> g -+
    token 2  --+   gathered     |  up  | -> u -+-> a[p, n]
                                +------+

Plain torch writes the gathered rows, reads them, writes h, reads it, writes two halves' silu
and product. Here a row is gathered on its way into the product, and g and u meet in
registers: two accumulators, one for a tile of the gate's columns, one for the up's.

Spec: `h = x[order // K] @ W1_e.T; a = silu(h[:, :F]) * h[:, F:]` for the rows of each expert.
Moves N D (x; up to K times as much where L2 misses) + E 2F D (W1) + R 3F (h and a) elements;
4 R F D FLOPs.
"""

import triton
import triton.language as tl
from jaxtyping import Float
from torch import Tensor

from minir1_kernels.box import expert_box, source, whole
from minir1_kernels.configs import config, current_arch
from minir1_kernels.contract import FLOATS, check, check_width, require
from minir1_kernels.sort import Sorted
from minir1_kernels.tiles import tiles_of


@triton.jit
def up_kernel(
    x_ptr, w, h_ptr, a_ptr, order_ptr, offsets_ptr, tile_expert_ptr, tile_start_ptr,
    D, F, K,
    KEEP_H: tl.constexpr,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr,
    TMA: tl.constexpr,
):  # fmt: skip
    """One tile of rows, one block of the expert's F columns; blocks are the fast axis."""
    D, F = whole(D, x_ptr), whole(F, x_ptr)
    n_blocks = tl.cdiv(F, BLOCK_N)
    tile, block = tl.program_id(0) // n_blocks, tl.program_id(0) % n_blocks
    expert = tl.load(tile_expert_ptr + tile)
    if expert < 0:
        return
    places = tl.load(tile_start_ptr + tile) + tl.arange(0, BLOCK_M)
    live = places < tl.load(offsets_ptr + expert + 1)
    tokens = tl.load(order_ptr + places, mask=live, other=0) // K
    # 64 bits before the product with a width: rows times width may pass 2^31.
    x_rows = x_ptr + tokens.to(tl.int64)[:, None] * D
    first = block * BLOCK_N
    gate = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    up = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    for k in range(0, D, BLOCK_K):
        ks = k + tl.arange(0, BLOCK_K)
        x = tl.load(x_rows + ks[None, :], mask=live[:, None] & (ks < D)[None, :], other=0.0)
        w_gate = expert_box(w, expert, first, k, 2 * F, D, BLOCK_N, BLOCK_K, TMA)
        w_up = expert_box(w, expert, F + first, k, 2 * F, D, BLOCK_N, BLOCK_K, TMA)
        gate = tl.dot(x, w_gate.T, gate, input_precision="ieee")
        up = tl.dot(x, w_up.T, up, input_precision="ieee")
    columns = first + tl.arange(0, BLOCK_N)
    inside = live[:, None] & (columns < F)[None, :]
    rows = places.to(tl.int64)[:, None]
    if KEEP_H:
        h = h_ptr + rows * (2 * F) + columns[None, :]
        tl.store(h, gate.to(h_ptr.dtype.element_ty), mask=inside)
        tl.store(h + F, up.to(h_ptr.dtype.element_ty), mask=inside)
    a = gate * tl.sigmoid(gate) * up
    tl.store(a_ptr + rows * F + columns[None, :], a.to(a_ptr.dtype.element_ty), mask=inside)


def up(
    x: Float[Tensor, "N D"], gate_up: Float[Tensor, "E F2 D"], rows: Sorted, keep_h: bool
) -> tuple[Float[Tensor, "R F2"] | None, Float[Tensor, "R F"]]:
    """h (if it is kept) and a of every routed row, in the sorted order."""
    check("x", x, (None, None), FLOATS)
    (n_tokens, width), n_rows = x.shape, len(rows.order)
    check("gate_up", gate_up, (len(rows.offsets) - 1, None, width), (x.dtype,), like=x)
    hidden = gate_up.shape[1] // 2
    for size in (width, hidden):
        check_width("a width of gate_up", size, x.element_size())
    a = x.new_empty(n_rows, hidden)
    h = x.new_empty(n_rows, 2 * hidden) if keep_h else None
    if n_rows == 0:
        return h, a
    require(n_rows % n_tokens == 0, "order", f"{n_rows} rows", f"K rows for {n_tokens} tokens")
    tile = config("up", current_arch(), itemsize=x.element_size(), D=width, F=hidden)
    tiles = tiles_of(rows.offsets, n_rows, tile["BLOCK_M"])
    grid = (len(tiles.expert) * triton.cdiv(hidden, tile["BLOCK_N"]),)
    up_kernel[grid](
        x, source(gate_up, [1, tile["BLOCK_N"], tile["BLOCK_K"]], tile["TMA"]),
        h, a, rows.order, rows.offsets, tiles.expert, tiles.start,
        width, hidden, n_rows // n_tokens, KEEP_H=keep_h, **tile,
    )  # fmt: skip
    return h, a
