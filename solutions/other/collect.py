# %%
import triton
import triton.language as tl


@triton.jit
def kernel(y_ptr, place_ptr, weight_ptr, out_ptr, D, K, WIDE: tl.constexpr):
    """One token a program."""
    token = tl.program_id(0)
    columns = tl.arange(0, WIDE)
    inside = columns < D
    total = tl.zeros((WIDE,), tl.float32)
    for j in range(0, K):
        place = tl.load(place_ptr + token * K + j)
        y = tl.load(y_ptr + place * D + columns, mask=inside, other=0.0)
        total += tl.load(weight_ptr + token * K + j) * y
    tl.store(out_ptr + token * D + columns, total, mask=inside)


def collect(y, place, weight, out):
    n_tokens, k = place.shape
    wide = triton.next_power_of_2(y.shape[1])
    kernel[(n_tokens,)](y, place, weight, out, y.shape[1], k, WIDE=wide)


# %%
import triton
import triton.language as tl


@triton.jit
def kernel(y_ptr, place_ptr, weight_ptr, out_ptr, n_tokens, D, K: tl.constexpr,
           KS: tl.constexpr, COLUMNS: tl.constexpr):  # fmt: skip
    """A token and some columns, all choices at once."""
    token = tl.program_id(0)
    columns = tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS)
    ks = tl.arange(0, KS)
    place = tl.load(place_ptr + token * K + ks, mask=ks < K, other=0)
    weight = tl.load(weight_ptr + token * K + ks, mask=ks < K, other=0.0)
    here = (ks < K)[:, None] & (columns < D)[None, :]
    y = tl.load(y_ptr + place[:, None] * D + columns[None, :], mask=here, other=0.0)
    tl.store(out_ptr + token * D + columns, tl.sum(y * weight[:, None], axis=0), mask=columns < D)


def collect(y, place, weight, out):
    (n, k), d = place.shape, y.shape[1]
    kernel[(n, triton.cdiv(d, 8))](
        y, place, weight, out, n, d, K=k, KS=triton.next_power_of_2(k), COLUMNS=8
    )


# %%
import triton
import triton.language as tl


@triton.jit
def kernel(y_ptr, place_ptr, weight_ptr, out_ptr, D, K, WIDE: tl.constexpr):
    """One choice a program, which adds its row to its token's."""
    choice, columns = tl.program_id(0), tl.arange(0, WIDE)
    token, place = choice // K, tl.load(place_ptr + choice)
    y = tl.load(y_ptr + place * D + columns, mask=columns < D, other=0.0)
    y = y * tl.load(weight_ptr + choice)
    tl.atomic_add(out_ptr + token * D + columns, y, mask=columns < D)


def collect(y, place, weight, out):
    (n_tokens, k), d = place.shape, y.shape[1]
    out[:n_tokens] = 0.0
    kernel[(n_tokens * k,)](y, place, weight, out, d, k, WIDE=triton.next_power_of_2(d))
