"""The gradient of token logprobs, entropy and lse: the logits once more, a chunk at a time.

With g, e, l the gradients that reach logprob, entropy H and lse of a row, and y its target:

    d logprob / d z_v = [v = y] - p_v
    d H       / d z_v = -p_v (log p_v + H)
    d lse     / d z_v = p_v
    dz_v = (g [v = y] + p_v (l - g - e (log p_v + H))) / temperature

    dHidden = dz W      [N V] [V D]          dW = dz^T h      [V N] [N D]

        words ->   chunk 0     chunk 1   ...
    dz  [N V]     [ a tile   ] [        ]     one chunk at a time, written, used twice, dropped
    dW  [V D]       rows of 0    rows of 1    each row has one writer
    dHidden [N D]  += dz_0 W_0, += dz_1 W_1   in fp32, from left to right: no atomics

Every program of a fused dHidden would have to add to rows that others add to: Cut
Cross-Entropy (2411.09009) takes locks for that, and the order of its sums is chance. A chunk
costs N x CHUNK elements of memory (268 MB at N = 16384 in bf16; all logits are 5.4 GB), and leaves
two plain products, which cuBLAS does.

Spec: autograd of `logprobs_torch` in minir1/rl/logprobs.py. 6 N V D FLOPs: the logits again,
and two products.
"""

import torch
import triton
import triton.language as tl
from jaxtyping import Float, Int
from torch import Tensor

from minir1_kernels.box import source
from minir1_kernels.configs import config, current_arch
from minir1_kernels.logits_tile import logits_tile


@triton.jit
def logprob_dz(
    h, w, target_ptr, out_ptr, grad_ptr, dz_ptr,
    n_rows, first_word, n_words, dz_width, width, inv_temperature,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, TMA: tl.constexpr,
):  # fmt: skip
    """One tile of dz [N, dz_width]; w starts at the chunk's first word, and ends at n_words.
    out_ptr: [4, N] from the forward pass; grad_ptr: [3, N], what reaches its results."""
    row, word = tl.program_id(0) * BLOCK_M, tl.program_id(1) * BLOCK_N
    rows, words = row + tl.arange(0, BLOCK_M), word + tl.arange(0, BLOCK_N)
    real = rows < n_rows
    z = logits_tile(
        h, w, row, word, n_rows, n_words, width, inv_temperature, BLOCK_M, BLOCK_N, BLOCK_K, TMA
    )
    target = (tl.load(target_ptr + rows, mask=real, other=-1) - first_word).to(tl.int32)
    entropy = tl.load(out_ptr + n_rows + rows, mask=real, other=0.0)
    peak = tl.load(out_ptr + 2 * n_rows + rows, mask=real, other=0.0)
    log_mass = tl.load(out_ptr + 3 * n_rows + rows, mask=real, other=0.0)
    g = tl.load(grad_ptr + rows, mask=real, other=0.0)
    e = tl.load(grad_ptr + n_rows + rows, mask=real, other=0.0)
    l = tl.load(grad_ptr + 2 * n_rows + rows, mask=real, other=0.0)  # noqa: E741
    # Not z - lse: lse is as large as the peak, and its rounding would be p's relative error.
    log_p = (z - peak[:, None]) - log_mass[:, None]
    of_all = tl.exp(log_p) * ((l - g - e * entropy)[:, None] - e[:, None] * log_p)
    of_target = tl.where(words[None, :] == target[:, None], g[:, None], 0.0)
    dz = (of_all + of_target) * inv_temperature
    # 16 divides dz_width, and with it all that is stored together; nobody reads past n_words.
    at = dz_ptr + rows.to(tl.int64)[:, None] * dz_width + words[None, :]
    tl.store(at, dz.to(dz_ptr.dtype.element_ty), mask=real[:, None] & (words < dz_width)[None, :])


def logprob_backward(
    hidden: Float[Tensor, "N D"],
    vocabulary: Float[Tensor, "V D"],
    targets: Int[Tensor, "N"],
    out: Float[Tensor, "four N"],
    grads: Float[Tensor, "three N"],
    temperature: float,
) -> tuple[Float[Tensor, "N D"], Float[Tensor, "V D"]]:
    """dHidden and dW from what the forward pass returned and the gradients that reach it."""
    n_rows, width = hidden.shape
    size = hidden.element_size()
    chosen = config("logprob_dz", current_arch(), itemsize=size, D=width)
    chunk, block_m, block_n = chosen.pop("CHUNK"), chosen["BLOCK_M"], chosen["BLOCK_N"]
    block_k, tma = chosen["BLOCK_K"], chosen["TMA"]
    d_hidden = torch.zeros_like(hidden, dtype=torch.float32)
    d_vocabulary = torch.empty_like(vocabulary)
    if n_rows == 0:
        return d_hidden.to(hidden.dtype), d_vocabulary.zero_()
    for first in range(0, len(vocabulary), chunk):
        words = vocabulary[first : first + chunk]
        dz_width = 16 * triton.cdiv(len(words), 16)
        dz = hidden.new_empty((n_rows, dz_width))[:, : len(words)]
        logprob_dz[(triton.cdiv(n_rows, block_m), triton.cdiv(len(words), block_n))](
            source(hidden, [block_m, block_k], tma), source(words, [block_n, block_k], tma),
            targets, out, grads, dz,
            n_rows, first, len(words), dz_width, width, 1 / temperature, **chosen,
        )  # fmt: skip
        torch.mm(dz.T, hidden, out=d_vocabulary[first : first + chunk])
        add_product(d_hidden, dz, words)
    return d_hidden.to(hidden.dtype), d_vocabulary


def add_product(
    total: Float[Tensor, "N D"], dz: Float[Tensor, "N words"], words: Float[Tensor, "words D"]
) -> None:
    """total += dz words, summed in fp32: rounding each chunk's product to bf16 would add an
    error a chunk. torch asks cuBLAS for it (pytorch#167931 lets `total` be fp32); its CPU
    products round to their inputs' type."""
    if total.is_cuda:
        torch.addmm(total, dz, words, out_dtype=torch.float32, out=total)
    else:
        total.addmm_(dz.float(), words.float())
