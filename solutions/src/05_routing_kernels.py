# %% [markdown]
# # Exercises 05: routing kernels
#
# Four rungs of the ladder, as Triton kernels. Each runs in Triton's **interpreter**, on your CPU. That needs Linux and the extra
# `kernels` (`pip install 'minir1[kernels]'`); without it, `check` says so, and nothing counts as passed. What each must compute
# stands as plain torch in [minir1/lab/ladder.py](../minir1/lab/ladder.py).
#
# Two rules of real kernels are graded too. `out` is longer (M) than what is yours: **leave the rest alone**, it
# holds -7. And around what you are
# given lies poison: don't read it, and name `other` in every masked load (here as on a GPU, a masked place holds anything).
#
# And a **kernel** must write the result. The grader watches each launch and each store: the right numbers, put into `out` by
# torch, earn nothing. Filling your part of it with zeros before the launch is fine.
#
# In each cell the launch is written already; you fill in the kernel. An **answer cell** is graded alone, so it imports what it
# needs. `check(f)` grades, `hint(f)` opens the next of three hints, and `solution(f)` asks before it shows one.

# %%
import os

os.environ["TRITON_INTERPRET"] = "1"  # before Triton is imported for the first time

from minir1.lab.desk import check, hint, progress, solution
from minir1.lab.race import race

progress("05_routing_kernels")

# %% [markdown]
# ## 1. `tile_counts`
#
# Program number `tile` looks at the rows `tile * BLOCK` and following, and counts how many go to each expert. Its counts are
# a **column** of `out`: expert e stands at `out[e, tile]`, that is at `e * n_tiles + tile`. `EXPERTS` is the next power of two, for
# `tl.arange`.

# %%
import torch
import triton
import triton.language as tl
from jaxtyping import Int
from torch import Tensor


@triton.jit
def count_kernel(
    expert_ptr, out_ptr, n_rows, n_experts, n_tiles, BLOCK: tl.constexpr, EXPERTS: tl.constexpr
):
    """One tile of rows: how many of them go to each expert."""
    # BEGIN SOLUTION
    tile = tl.program_id(0)
    rows = tile * BLOCK + tl.arange(0, BLOCK)
    expert = tl.load(expert_ptr + rows, mask=rows < n_rows, other=-1)
    ids = tl.arange(0, EXPERTS)
    same = expert[:, None] == ids[None, :]
    counts = tl.sum(same.to(tl.int32), axis=0)
    tl.store(out_ptr + ids * n_tiles + tile, counts, mask=ids < n_experts)
    # END SOLUTION


def tile_counts(
    experts: Int[Tensor, "R"], n_experts: int, block: int, out: Int[Tensor, "M S"]
) -> None:
    """How many of the rows of each tile of `block` rows go to each expert, into `out[:E]`.

    >>> out = torch.empty(3, 2, dtype=torch.long)
    >>> tile_counts(torch.tensor([2, 0, 1, 0, 2]), n_experts=3, block=4, out=out)
    >>> out.tolist()
    [[2, 0], [1, 0], [1, 1]]
    """
    n_tiles = triton.cdiv(len(experts), block)
    wide = triton.next_power_of_2(n_experts)
    count_kernel[(n_tiles,)](
        experts, out, len(experts), n_experts, n_tiles, BLOCK=block, EXPERTS=wide
    )


# %%
check(tile_counts)

# %% [markdown]
# ## 2. `places`
#
# Where does each row stand, when rows are sorted by expert and keep their order? Its place is: where its expert begins
# (`starts`), plus that expert's rows in tiles before (`before[e, tile]`), plus those **above it in its own tile**. For the last,
# compare all rows of the tile with all others, BLOCK x BLOCK.

# %%
import torch
import triton
import triton.language as tl
from jaxtyping import Int
from torch import Tensor


@triton.jit
def place_kernel(
    expert_ptr, start_ptr, before_ptr, place_ptr, n_rows, n_experts, n_tiles, BLOCK: tl.constexpr
):
    """One tile of rows: the place of each."""
    # BEGIN SOLUTION
    tile = tl.program_id(0)
    lane = tl.arange(0, BLOCK)
    rows = tile * BLOCK + lane
    inside = rows < n_rows
    expert = tl.load(expert_ptr + rows, mask=inside, other=-1)
    start = tl.load(start_ptr + expert, mask=inside, other=0)
    earlier = tl.load(before_ptr + expert * n_tiles + tile, mask=inside, other=0)
    above = (expert[:, None] == expert[None, :]) & (lane[None, :] < lane[:, None])
    place = start + earlier + tl.sum(above.to(tl.int32), axis=1)
    tl.store(place_ptr + rows, place, mask=inside)
    # END SOLUTION


def places(
    experts: Int[Tensor, "R"],
    starts: Int[Tensor, "E"],
    before: Int[Tensor, "E S"],
    block: int,
    out: Int[Tensor, "M"],
) -> None:
    """Where each row stands when rows are sorted by expert and keep their order, into `out[:R]`.

    `starts`: where each expert's rows begin; `before`: its rows in the tiles before each tile.

    >>> out = torch.empty(4, dtype=torch.long)
    >>> zeros = torch.zeros(3, 1, dtype=torch.long)
    >>> places(torch.tensor([2, 0, 1, 0]), torch.tensor([0, 2, 3]), zeros, 4, out)
    >>> out.tolist()
    [3, 0, 2, 1]
    """
    n_experts, n_tiles = before.shape
    place_kernel[(n_tiles,)](
        experts, starts, before, out, len(experts), n_experts, n_tiles, BLOCK=block
    )


# %%
check(places)

# %% [markdown]
# ## 3. `grouped_product`
#
# One launch, one matrix product an expert. Program (e, t) takes the t-th tile of the rows of expert e: places
# `offsets[e] + t * BLOCK` and following, as far as `offsets[e + 1]`. Row p of `out` is row p of `rows` times the transpose of
# `weights[e]`, a matrix [D F]. Programs whose tile lies behind the end store nothing. `WIDE` and `OUT` are powers of two that hold
# F and D; write `input_precision="ieee"` in `tl.dot`, and transpose with `tl.trans`.

# %%
import torch
import triton
import triton.language as tl
from jaxtyping import Float, Int
from torch import Tensor


@triton.jit
def product_kernel(
    rows_ptr, offsets_ptr, w_ptr, out_ptr, n_rows, D, F,
    BLOCK: tl.constexpr, WIDE: tl.constexpr, OUT: tl.constexpr,
):  # fmt: skip
    """One tile of the rows of one expert, times its matrix."""
    # BEGIN SOLUTION
    expert, tile = tl.program_id(0), tl.program_id(1)
    begin = tl.load(offsets_ptr + expert)
    end = tl.load(offsets_ptr + expert + 1)
    places = begin + tile * BLOCK + tl.arange(0, BLOCK)
    live = places < end
    fs, ds = tl.arange(0, WIDE), tl.arange(0, OUT)
    row_at = rows_ptr + places[:, None] * F + fs[None, :]
    rows = tl.load(row_at, mask=live[:, None] & (fs < F)[None, :], other=0.0)
    w_at = w_ptr + expert * D * F + ds[:, None] * F + fs[None, :]
    w = tl.load(w_at, mask=(ds < D)[:, None] & (fs < F)[None, :], other=0.0)
    y = tl.dot(rows, tl.trans(w), input_precision="ieee")
    out_at = out_ptr + places[:, None] * D + ds[None, :]
    tl.store(out_at, y, mask=live[:, None] & (ds < D)[None, :])
    # END SOLUTION


def grouped_product(
    rows: Float[Tensor, "R F"],
    offsets: Int[Tensor, "E1"],
    weights: Float[Tensor, "E D F"],
    out: Float[Tensor, "M D"],
) -> None:
    """One matrix product an expert, its rows times its own matrix, into `out[:R]`.

    >>> out, matrices = torch.empty(3, 1), torch.tensor([[[5.0]], [[7.0]]])
    >>> grouped_product(torch.ones(3, 1), torch.tensor([0, 1, 3]), matrices, out)
    >>> out.tolist()
    [[5.0], [7.0], [7.0]]
    """
    n_experts, d, f = weights.shape
    # How many tiles an expert has is not known before: launch as many as one could need.
    grid = (n_experts, max(1, triton.cdiv(len(rows), 16)))
    wide, high = (max(16, triton.next_power_of_2(n)) for n in (f, d))
    product_kernel[grid](
        rows, offsets, weights, out, len(rows), d, f, BLOCK=16, WIDE=wide, OUT=high
    )


# %%
check(grouped_product)

# %% [markdown]
# ## 4. `collect`
#
# Each token fetches its K rows from their places, weighs them, adds them up, and is written **once**. A program takes BLOCK tokens with
# all D columns (`WIDE` is a power of two that holds them). `place` and `weight` are [N K]: choice j of token n stands at `n * K + j`.

# %%
import torch
import triton
import triton.language as tl
from jaxtyping import Float, Int
from torch import Tensor


@triton.jit
def collect_kernel(
    y_ptr, place_ptr, weight_ptr, out_ptr, n_tokens, D,
    K: tl.constexpr, BLOCK: tl.constexpr, WIDE: tl.constexpr,
):  # fmt: skip
    """Some tokens: the weighted sum of each one's rows."""
    # BEGIN SOLUTION
    tokens = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    columns = tl.arange(0, WIDE)
    real = tokens < n_tokens
    inside = real[:, None] & (columns < D)[None, :]
    total = tl.zeros((BLOCK, WIDE), tl.float32)
    for j in range(K):
        place = tl.load(place_ptr + tokens * K + j, mask=real, other=0)
        weight = tl.load(weight_ptr + tokens * K + j, mask=real, other=0.0)
        y = tl.load(y_ptr + place[:, None] * D + columns[None, :], mask=inside, other=0.0)
        total += weight[:, None] * y
    tl.store(out_ptr + tokens[:, None] * D + columns[None, :], total, mask=inside)
    # END SOLUTION


def collect(
    y: Float[Tensor, "R D"],
    place: Int[Tensor, "N K"],
    weight: Float[Tensor, "N K"],
    out: Float[Tensor, "M D"],
) -> None:
    """Each token's K rows, from where they stand, times their weights, added up into `out[:N]`.

    >>> out, y = torch.empty(1, 1), torch.tensor([[1.0], [10.0]])
    >>> collect(y, torch.tensor([[1, 0]]), torch.tensor([[0.5, 2.0]]), out)
    >>> out.tolist()
    [[7.0]]
    """
    n_tokens, k = place.shape
    width, block = y.shape[1], 4
    collect_kernel[(triton.cdiv(n_tokens, block),)](
        y, place, weight, out, n_tokens, width,
        K=k, BLOCK=block, WIDE=triton.next_power_of_2(width),
    )  # fmt: skip


# %%
check(collect)

# %% [markdown]
# ## With a GPU: against a target
#
# `race(f)` times your kernel beside the same step in plain torch, on a CUDA device. Without one it says what the target is, and
# times nothing. **No target was run on a GPU yet**: they are aims.

# %%
race(collect)

# %%
progress("05_routing_kernels")
