# %%
import triton
import triton.language as tl


@triton.jit
def kernel(expert_ptr, out_ptr, n_rows, n_experts, n_tiles, BLOCK: tl.constexpr):
    """One expert after the other."""
    rows = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    expert = tl.load(expert_ptr + rows, mask=rows < n_rows, other=-1)
    for one in range(0, n_experts):
        tl.store(out_ptr + one * n_tiles + tl.program_id(0), tl.sum((expert == one).to(tl.int32)))


def tile_counts(experts, n_experts, block, out):
    n_tiles = (len(experts) + block - 1) // block
    kernel[(n_tiles,)](experts, out, len(experts), n_experts, n_tiles, BLOCK=block)


# %%
import triton
import triton.language as tl


@triton.jit
def kernel(expert_ptr, out_ptr, n_rows, n_tiles, BLOCK: tl.constexpr):
    """One program for each expert and tile."""
    one, tile = tl.program_id(0), tl.program_id(1)
    rows = tile * BLOCK + tl.arange(0, BLOCK)
    real = rows < n_rows
    expert = tl.load(expert_ptr + rows, mask=real, other=0)
    found = tl.where(real & (expert == one), 1, 0)
    tl.store(out_ptr + one * n_tiles + tile, tl.sum(found, axis=0))


def tile_counts(experts, n_experts, block, out):
    n_tiles = triton.cdiv(experts.numel(), block)
    kernel[(n_experts, n_tiles)](experts, out, experts.numel(), n_tiles, BLOCK=block)


# %%
import triton
import triton.language as tl


@triton.jit
def kernel(expert_ptr, out_ptr, n_rows, n_tiles, BLOCK: tl.constexpr):
    """One row after the other adds 1 to its own count."""
    rows = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    real = rows < n_rows
    expert = tl.load(expert_ptr + rows, mask=real, other=0)
    tl.atomic_add(out_ptr + expert * n_tiles + tl.program_id(0), 1, mask=real)


def tile_counts(experts, n_experts, block, out):
    n_tiles = triton.cdiv(len(experts), block)
    out[:n_experts].zero_()
    kernel[(n_tiles,)](experts, out, len(experts), n_tiles, BLOCK=block)
