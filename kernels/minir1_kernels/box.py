"""Bring a box of a matrix to the multiplier: by TMA where the chip has it, else by pointers.

    source [rows, columns]
    . . . . . .
    . [ box ] .      at (row, column), ROWS x COLUMNS; what lies outside the matrix reads as 0
    . [     ] .
    . . . . . .

On sm_90 the tensor memory accelerator fetches a box that a descriptor names: one thread asks,
and the edges are its business. Triton takes a descriptor on older chips too, but turns it into
plain loads that are not pipelined (compiled for sm_89: no `cp.async`). There the box is built
from pointers, and `cp.async` brings the next one while this one is multiplied.

In the table of configs TMA = 1 or 0 says which. It is known when a kernel is compiled, so the
other branch is not even parsed, and `source` is of one kind in each.
"""

import torch
import triton
import triton.language as tl
from triton.tools.tensor_descriptor import TensorDescriptor

from minir1_kernels.contract import ALIGNMENT, require

UNIT = f"memory that begins at a multiple of {ALIGNMENT} bytes (.clone() gives it)"


def source(matrix: torch.Tensor, block: list[int], tma: int) -> torch.Tensor | TensorDescriptor:
    """What a kernel takes in place of `matrix`: a descriptor of boxes, or the matrix itself."""
    if not tma:
        return matrix
    past = matrix.data_ptr() % ALIGNMENT
    require(past == 0, f"a tensor {tuple(matrix.shape)}", f"{past} bytes past one", UNIT)
    return TensorDescriptor.from_tensor(matrix, block)


@triton.jit
def whole(width, ptr):
    """The width of a row, put so that the compiler sees what `check_width` has found: 16 bytes
    divide it. Otherwise only a multiple of 16 elements would be fetched 16 bytes at a time."""
    UNIT: tl.constexpr = 128 // ptr.dtype.element_ty.primitive_bitwidth
    return width // UNIT * UNIT


@triton.jit
def box(
    source, row, column, rows, columns,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, TMA: tl.constexpr,
):  # fmt: skip
    """[ROWS COLUMNS] of the matrix [rows, columns], from (row, column) on."""
    if TMA:
        return source.load([row, column])
    else:
        columns = whole(columns, source)
        r, c = row + tl.arange(0, ROWS), column + tl.arange(0, COLUMNS)
        at = source + r.to(tl.int64)[:, None] * columns + c[None, :]
        return tl.load(at, mask=(r < rows)[:, None] & (c < columns)[None, :], other=0.0)


@triton.jit
def expert_box(
    source, expert, row, column, rows, columns,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, TMA: tl.constexpr,
):  # fmt: skip
    """The same from a stack [experts, rows, columns]: a box never reaches into the next expert."""
    if TMA:
        return source.load([expert, row, column]).reshape(ROWS, COLUMNS)
    else:
        matrix = source + expert.to(tl.int64) * rows * whole(columns, source)
        return box(matrix, row, column, rows, columns, ROWS, COLUMNS, TMA)
