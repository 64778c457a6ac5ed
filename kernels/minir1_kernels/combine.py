"""Bring each token's K rows home: gather, weigh, add.

    out_n = sum over j of  weight_nj * y_place(n, j)   [ + shared_n ]

    y [R D], sorted by expert            token n
    place(n,0) ----- * weight_n0 ---+
    place(n,1) ----- * weight_n1 ---+--> out_n      one program reads the K rows of its tokens
    place(n,2) ----- * weight_n2 ---+               and writes each token once
    shared_n   ---------------------+

Gathering, and not scattering, gives each sum one owner and one order (j = 0, 1, ...): no
atomics, and the same bits each time. The same kernel without weights adds up dx.

Spec: `(y[place].view(N, K, D) * weight[..., None]).sum(1) + shared`, in fp32.
Moves R D (y) + N D (out) + N D (shared) elements + 8 R bytes; 2 R D FLOPs: a memory kernel.
"""

import triton
import triton.language as tl
from jaxtyping import Float
from torch import Tensor

from minir1_kernels.box import whole
from minir1_kernels.configs import config, current_arch
from minir1_kernels.contract import FLOATS, check, check_width, require
from minir1_kernels.sort import Sorted


@triton.jit
def combine_kernel(
    y_ptr, place_ptr, weight_ptr, shared_ptr, out_ptr, n_tokens, D,
    K: tl.constexpr, WEIGHTED: tl.constexpr, SHARED: tl.constexpr,
    BLOCK_T: tl.constexpr, BLOCK_D: tl.constexpr,
):  # fmt: skip
    """BLOCK_T tokens and BLOCK_D columns; K is a constant, so all K loads are under way at once."""
    D = whole(D, y_ptr)
    tokens = tl.program_id(0) * BLOCK_T + tl.arange(0, BLOCK_T)
    columns = tl.program_id(1) * BLOCK_D + tl.arange(0, BLOCK_D)
    real = tokens < n_tokens
    inside = real[:, None] & (columns < D)[None, :]
    at = tokens.to(tl.int64)[:, None] * D + columns[None, :]
    total = tl.zeros((BLOCK_T, BLOCK_D), tl.float32)
    for j in tl.static_range(K):
        place = tl.load(place_ptr + tokens * K + j, mask=real, other=-1)
        # A row that was left out of the sort (place -1) adds nothing.
        live = inside & (place >= 0)[:, None]
        y = tl.load(
            y_ptr + place.to(tl.int64)[:, None] * D + columns[None, :], mask=live, other=0.0
        ).to(tl.float32)
        if WEIGHTED:
            y *= tl.load(weight_ptr + tokens * K + j, mask=real, other=0.0).to(tl.float32)[:, None]
        total += y
    if SHARED:
        total += tl.load(shared_ptr + at, mask=inside, other=0.0).to(tl.float32)
    tl.store(out_ptr + at, total.to(out_ptr.dtype.element_ty), mask=inside)


def combine(
    y: Float[Tensor, "R D"],
    rows: Sorted,
    n_tokens: int,
    weight: Float[Tensor, "N K"] | None = None,
    shared: Float[Tensor, "N D"] | None = None,
) -> Float[Tensor, "N D"]:
    """The weighted sum of each token's rows; plain without `weight`."""
    n_rows = len(rows.place)
    check("y", y, (n_rows, None), FLOATS)
    width = y.shape[1]
    check_width("the width of y", width, y.element_size())
    out = y.new_empty(n_tokens, width)
    if n_tokens == 0:
        return out
    require(n_rows % n_tokens == 0, "n_tokens", n_tokens, f"a divisor of the {n_rows} rows")
    k = n_rows // n_tokens
    if weight is not None:
        check("topk_weight", weight, (n_tokens, k), FLOATS, like=y)
    if shared is not None:
        check("shared", shared, (n_tokens, width), (y.dtype,), like=y)
    tile = config("combine", current_arch(), D=width)
    grid = (triton.cdiv(n_tokens, tile["BLOCK_T"]), triton.cdiv(width, tile["BLOCK_D"]))
    combine_kernel[grid](
        y, rows.place, weight, shared, out, n_tokens, width,
        K=k, WEIGHTED=weight is not None, SHARED=shared is not None, **tile,
    )  # fmt: skip
    return out
