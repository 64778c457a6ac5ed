# %%
import triton
import triton.language as tl


@triton.jit
def kernel(a_ptr, offsets_ptr, w_ptr, out_ptr, D, F, BLOCK: tl.constexpr, OUT: tl.constexpr):
    """One expert a program, which walks over its rows, and over F in steps."""
    expert = tl.program_id(0)
    end = tl.load(offsets_ptr + expert + 1)
    ds = tl.arange(0, OUT)
    for first in range(tl.load(offsets_ptr + expert), end, BLOCK):
        places = first + tl.arange(0, BLOCK)
        live = (places < end)[:, None]
        y = tl.zeros((BLOCK, OUT), tl.float32)
        for k in range(0, F, 16):
            ks = k + tl.arange(0, 16)
            inner = (ks < F)[None, :]
            a = tl.load(a_ptr + places[:, None] * F + ks[None, :], mask=live & inner, other=0.0)
            at = w_ptr + expert * D * F + ds[:, None] * F + ks[None, :]
            w = tl.load(at, mask=(ds < D)[:, None] & inner, other=0.0)
            y = tl.dot(a, w.T, y, input_precision="ieee")
        at = out_ptr + places[:, None] * D + ds[None, :]
        tl.store(at, y, mask=live & (ds < D)[None, :])


def grouped_product(rows, offsets, weights, out):
    n_experts, d, f = weights.shape
    high = max(16, triton.next_power_of_2(d))
    kernel[(n_experts,)](rows, offsets, weights, out, d, f, BLOCK=16, OUT=high)


# %%
import triton
import triton.language as tl


@triton.jit
def kernel(a_ptr, offsets_ptr, w_ptr, out_ptr, n_experts, D, F, WIDE: tl.constexpr,
           OUT: tl.constexpr):  # fmt: skip
    """One row a program, which looks for its expert: slow, and right."""
    row = tl.program_id(0)
    expert = 0
    for e in range(0, n_experts):
        expert += (tl.load(offsets_ptr + e + 1) <= row).to(tl.int32)
    fs, ds = tl.arange(0, WIDE), tl.arange(0, OUT)
    a = tl.load(a_ptr + row * F + fs, mask=fs < F, other=0.0)
    at = w_ptr + expert * D * F + ds[:, None] * F + fs[None, :]
    w = tl.load(at, mask=(ds < D)[:, None] & (fs < F)[None, :], other=0.0)
    tl.store(out_ptr + row * D + ds, tl.sum(w * a[None, :], axis=1), mask=ds < D)


def grouped_product(rows, offsets, weights, out):
    n_experts, d, f = weights.shape
    wide, high = triton.next_power_of_2(f), triton.next_power_of_2(d)
    kernel[(len(rows),)](rows, offsets, weights, out, n_experts, d, f, WIDE=wide, OUT=high)


# %%
import triton
import triton.language as tl


@triton.jit
def kernel(a_ptr, offsets_ptr, w_ptr, out_ptr, D, F, WIDE: tl.constexpr, OUT: tl.constexpr):
    """One expert a program, which keeps its matrix and walks over its rows."""
    expert, fs, ds = tl.program_id(0), tl.arange(0, WIDE), tl.arange(0, OUT)
    at = w_ptr + expert * D * F + ds[None, :] * F + fs[:, None]
    w = tl.load(at, mask=(fs < F)[:, None] & (ds < D)[None, :], other=0.0)
    for row in range(tl.load(offsets_ptr + expert), tl.load(offsets_ptr + expert + 1)):
        a = tl.load(a_ptr + row * F + fs, mask=fs < F, other=0.0)
        tl.store(out_ptr + row * D + ds, tl.sum(w * a[:, None], axis=0), mask=ds < D)


def grouped_product(rows, offsets, weights, out):
    n_experts, d, f = weights.shape
    wide, high = triton.next_power_of_2(f), triton.next_power_of_2(d)
    kernel[(n_experts,)](rows, offsets, weights, out, d, f, WIDE=wide, OUT=high)
