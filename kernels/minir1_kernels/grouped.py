"""One matrix product an expert, over rows that already stand side by side.

    y_p = a_p M_e        for the places p of expert e

    down    y = a W2_e^T     W2_e: [D F]      second half of an expert
    up_dx   y = dh W1_e      W1_e: [2F D]     the gradient that goes back to the token's copy

    a [R, width]        M_e            y [R, out]
    +----------+  e=0   +---+          +----------+
    |  tile    | -----> |   | ------>  |  tile    |     a program owns a tile of y at a time
    +----------+  e=1   +---+          +----------+     and takes every P-th one (persistent)
    |  tile    | -----> |   | ------>  |  tile    |

Both sides come in whole boxes, on sm_90 by the tensor memory accelerator. A box of rows may
reach into the next expert's rows: they are multiplied for nothing and not stored. Rows are not
scattered back here: on Hopper a scattered store costs more than the gather that `combine` does
later (SonicMoE, 2512.14080).

How fetching and multiplying overlap, from tile to tile too, the table of configs says:

    SPECIALISED = 0   both loops become one (`flatten`): the next tile's first boxes are on their
                      way while this one is stored
    SPECIALISED = 1   some warps only fetch, the others only multiply; on Hopper, and 4 warps
                      (README, "Two ways to overlap", says why it isn't the default)

Spec: `y[offsets[e]:offsets[e+1]] = a[offsets[e]:offsets[e+1]] @ M_e` for each expert.
Moves R width + E width out + R out elements; 2 R width out FLOPs.
"""

from collections.abc import Callable

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
def grouped_kernel(
    a, w, y_ptr, offsets_ptr, tile_expert_ptr, tile_start_ptr, tile_count_ptr,
    n_rows, width, out,
    TRANSPOSED: tl.constexpr,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr,
    TMA: tl.constexpr, SPECIALISED: tl.constexpr,
):  # fmt: skip
    """TRANSPOSED: w holds M_e^T, [E, out, width]; else M_e, [E, width, out]."""
    out = whole(out, y_ptr)
    n_blocks = tl.cdiv(out, BLOCK_N)
    n_jobs = tl.load(tile_count_ptr) * n_blocks
    if SPECIALISED:
        # Made here and not by the host: two groups of warps share a box, and the compiler
        # halves only what it made itself (triton-lang/triton#11587).
        a_rows = tl.make_tensor_descriptor(a, [n_rows, width], [width, 1], [BLOCK_M, BLOCK_K])
    else:
        a_rows = a
    for job in tl.range(
        tl.program_id(0), n_jobs, tl.num_programs(0),
        flatten=not SPECIALISED, warp_specialize=SPECIALISED,
    ):  # fmt: skip
        tile, first = job // n_blocks, (job % n_blocks) * BLOCK_N
        expert = tl.load(tile_expert_ptr + tile)
        start = tl.load(tile_start_ptr + tile)
        y = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
        for k in range(0, width, BLOCK_K):
            left = box(a_rows, start, k, n_rows, width, BLOCK_M, BLOCK_K, TMA)
            if TRANSPOSED:
                right = expert_box(w, expert, first, k, out, width, BLOCK_N, BLOCK_K, TMA).T
            else:
                right = expert_box(w, expert, k, first, width, out, BLOCK_K, BLOCK_N, TMA)
            y = tl.dot(left, right, y, input_precision="ieee")
        places = start + tl.arange(0, BLOCK_M)
        columns = first + tl.arange(0, BLOCK_N)
        inside = (places < tl.load(offsets_ptr + expert + 1))[:, None] & (columns < out)[None, :]
        at = y_ptr + places.to(tl.int64)[:, None] * out + columns[None, :]
        tl.store(at, y.to(y_ptr.dtype.element_ty), mask=inside)


def grouped(
    op: str, a: Tensor, weight: Tensor, rows: Sorted, widths: dict[str, int], transposed: bool
) -> Tensor:
    """Launch the kernel with the tiles of `op`."""
    n_rows, width = a.shape
    out = weight.shape[1 if transposed else 2]
    for size in (width, out):
        check_width("a width of the weights", size, a.element_size())
    y = a.new_empty(n_rows, out)
    if n_rows == 0:
        return y
    tile = config(op, current_arch(), itemsize=a.element_size(), **widths)
    block_m, block_n, block_k = tile["BLOCK_M"], tile["BLOCK_N"], tile["BLOCK_K"]
    left = source(a, [block_m, block_k], tile["TMA"])
    if tile["SPECIALISED"]:
        left = a
        triton.set_allocator(memory_on(a.device))
    box_of_w = [1, block_n, block_k] if transposed else [1, block_k, block_n]
    tiles = tiles_of(rows.offsets, n_rows, block_m)
    jobs = len(tiles.expert) * triton.cdiv(out, block_n)
    grouped_kernel[(min(jobs, programs(a.device)),)](
        left, source(weight, box_of_w, tile["TMA"]),
        y, rows.offsets, tiles.expert, tiles.start, tiles.count,
        n_rows, width, out, TRANSPOSED=transposed, **tile,
    )  # fmt: skip
    return y


def memory_on(device: torch.device) -> Callable[[int, int, int | None], Tensor]:
    """Who gives the 128 bytes a program that a descriptor made inside a kernel needs.

    Triton keeps the choice for each thread until the next one, and a backward pass runs in
    threads of its own. So it holds a device, and no tensor, whose memory it would keep too.
    """
    return lambda size, align, stream: torch.empty(size, dtype=torch.int8, device=device)


def programs(device: torch.device) -> int:
    """How many programs stay on the device: one a multiprocessor, or a few on a CPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).multi_processor_count
    return 4


def down(a: Float[Tensor, "R F"], down: Float[Tensor, "E D F"], rows: Sorted) -> Tensor:
    """y = a W2_e^T, [R D], in the sorted order."""
    check("a", a, (len(rows.order), None), FLOATS)
    check("down", down, (len(rows.offsets) - 1, None, a.shape[1]), (a.dtype,), like=a)
    widths = {"D": down.shape[1], "F": down.shape[2]}
    return grouped("down", a, down, rows, widths, transposed=True)


def up_dx(dh: Float[Tensor, "R F2"], gate_up: Float[Tensor, "E F2 D"], rows: Sorted) -> Tensor:
    """dx~ = dh W1_e, [R D]: what each routed row sends back, in the sorted order."""
    check("dh", dh, (len(rows.order), None), FLOATS)
    check("gate_up", gate_up, (len(rows.offsets) - 1, dh.shape[1], None), (dh.dtype,), like=dh)
    widths = {"D": gate_up.shape[2], "F": gate_up.shape[1] // 2}
    return grouped("up_dx", dh, gate_up, rows, widths, transposed=False)
