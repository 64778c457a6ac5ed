"""The gradient of a row's weight: add the parts that `down_dh` left, in their order.

    ds_nj = part_0[place(n, j)] + part_1[place(n, j)] + ...

    parts [blocks, R], sorted by expert        ds [N, K]
    block 0   . . . p0 . .
    block 1   . . . p1 . .   -- place(n, j) --> p0 + p1 + p2
    block 2   . . . p2 . .

With atomics the parts would meet in the order in which programs happen to end, and ds, from
which the router learns, would have other bits each time.

Spec: `parts.sum(0)[place].view(N, K)`, and 0 for a row that was left out.
Moves 4 (blocks + 2) R bytes, blocks R FLOPs: nothing beside the products.
"""

import torch
import triton
import triton.language as tl
from jaxtyping import Float
from torch import Tensor

from minir1_kernels.configs import config, current_arch
from minir1_kernels.contract import check
from minir1_kernels.sort import Sorted


@triton.jit
def down_ds_kernel(part_ptr, place_ptr, ds_ptr, n_rows, n_blocks, BLOCK_T: tl.constexpr):
    """BLOCK_T rows in the tokens' order."""
    row = tl.program_id(0) * BLOCK_T + tl.arange(0, BLOCK_T)
    place = tl.load(place_ptr + row, mask=row < n_rows, other=-1)
    total = tl.zeros((BLOCK_T,), tl.float32)
    for block in range(n_blocks):
        at = part_ptr + tl.cast(block, tl.int64) * n_rows + place
        total += tl.load(at, mask=place >= 0, other=0.0)
    tl.store(ds_ptr + row, total.to(ds_ptr.dtype.element_ty), mask=row < n_rows)


def down_ds(
    parts: Float[Tensor, "parts R"], rows: Sorted, weight: Float[Tensor, "N K"]
) -> Float[Tensor, "N K"]:
    """ds in the shape and type of the weights."""
    n_rows = len(rows.place)
    check("parts", parts, (None, n_rows), (torch.float32,))
    ds = weight.new_empty(weight.shape)
    tile = config("sort", current_arch(), E=len(rows.offsets) - 1)
    grid = (triton.cdiv(n_rows, tile["BLOCK_T"]),)
    if n_rows:
        down_ds_kernel[grid](parts, rows.place, ds, n_rows, len(parts), **tile)
    return ds
