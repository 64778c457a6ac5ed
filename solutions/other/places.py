# %%
import triton
import triton.language as tl


@triton.jit
def kernel(expert_ptr, start_ptr, before_ptr, out_ptr, n_rows, n_experts, n_tiles,
           BLOCK: tl.constexpr):  # fmt: skip
    """A running count over the tile, one expert after the other."""
    tile = tl.program_id(0)
    rows = tile * BLOCK + tl.arange(0, BLOCK)
    expert = tl.load(expert_ptr + rows, mask=rows < n_rows, other=-1)
    place = tl.zeros((BLOCK,), tl.int32)
    for one in range(0, n_experts):
        mine = (expert == one).to(tl.int32)
        first = tl.load(start_ptr + one) + tl.load(before_ptr + one * n_tiles + tile)
        place += mine * (first + tl.cumsum(mine, axis=0) - 1)
    tl.store(out_ptr + rows, place, mask=rows < n_rows)


def places(experts, starts, before, block, out):
    n_experts, n_tiles = before.shape
    kernel[(n_tiles,)](experts, starts, before, out, len(experts), n_experts, n_tiles, BLOCK=block)


# %%
import triton
import triton.language as tl


@triton.jit
def kernel(expert_ptr, start_ptr, out_ptr, n_rows, BLOCK: tl.constexpr, ALL: tl.constexpr):
    """Looks at all rows, so that it needs no counts of tiles."""
    rows = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    every = tl.arange(0, ALL)
    mine = tl.load(expert_ptr + rows, mask=rows < n_rows, other=-1)
    theirs = tl.load(expert_ptr + every, mask=every < n_rows, other=-2)
    earlier = (mine[:, None] == theirs[None, :]) & (every[None, :] < rows[:, None])
    start = tl.load(start_ptr + mine, mask=rows < n_rows, other=0)
    place = start + tl.sum(earlier.to(tl.int32), axis=1)
    tl.store(out_ptr + rows, place, mask=rows < n_rows)


def places(experts, starts, before, block, out):
    n = len(experts)
    whole = triton.next_power_of_2(n)
    kernel[(triton.cdiv(n, block),)](experts, starts, out, n, BLOCK=block, ALL=whole)


# %%
import triton
import triton.language as tl


@triton.jit
def kernel(expert_ptr, start_ptr, out_ptr, n_rows):
    """One expert a program, which walks over all rows and hands out its places in turn."""
    mine = tl.program_id(0)
    place = tl.load(start_ptr + mine)
    for row in range(0, n_rows):
        here = tl.load(expert_ptr + row) == mine
        tl.store(out_ptr + row, place, mask=here)
        place += here.to(tl.int32)


def places(experts, starts, before, block, out):
    kernel[(len(starts),)](experts, starts, out, len(experts))
