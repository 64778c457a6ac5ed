"""One tile of logits, z = h W^T / temperature: what logprob and its backward pass share.

Both compute exactly these products in this order, so the p that the backward pass
finds is the p of the forward pass, bit for bit.

               W [V D]
            k ->            a step of the loop: [BLOCK_M BLOCK_K] times [BLOCK_K BLOCK_N],
        v  [ ][ ][ ]        both brought as boxes (box.py)
    h  [ ][ ][ ]  -> z tile [BLOCK_M BLOCK_N], in registers, fp32

On a prompt's journey: under the trainer's logprobs.
"""

import triton
import triton.language as tl

from minir1_kernels.box import box


@triton.jit
def logits_tile(
    h, w, row, word, n_rows, n_words, width, inv_temperature,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, TMA: tl.constexpr,
):  # fmt: skip
    """z for BLOCK_M rows of h and BLOCK_N words of w; past either's edge it is 0."""
    z = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    for k in range(0, width, BLOCK_K):
        h_box = box(h, row, k, n_rows, width, BLOCK_M, BLOCK_K, TMA)
        w_box = box(w, word, k, n_words, width, BLOCK_N, BLOCK_K, TMA)
        z = tl.dot(h_box, w_box.T, z, input_precision="ieee")
    return z * inv_temperature
