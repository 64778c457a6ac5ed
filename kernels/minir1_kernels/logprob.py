"""Log-probability and entropy of tokens without the logits of the whole vocabulary.

    z_nv = (h_n . w_v) / temperature
    lse_n = log sum_v exp z_nv,   logprob_n = z_n[target_n] - lse_n,
    entropy_n = lse_n - sum_v p_nv z_nv,                    p_nv = exp(z_nv - lse_n)

Plain torch writes z, N x V numbers, and reads them several times: at N = 16384 tokens and
V = 163840 words that is 10.7 GB in fp32. Here a tile of z lives in registers and is folded
at once into four numbers a row: the online softmax of Milakov and Gimelshein (1805.02867),
as Cut Cross-Entropy uses it (2411.09009).

               part 0        part 1           a part: PART words, one program a tile of rows
    rows 0   [z z z z z]   [z z z z z]        -> (peak, mass, moment, chosen) of the part
    rows 1   [z z z z z]   [z z z z z]           then one small kernel folds the parts

A part gives more programs than rows alone, and its words stay in the L2 cache while all rows
meet them. Parts are cut by V, never by N, and folded from left to right: a row's bits do not
depend on its batch-mates.

Spec: `logprobs_torch` in minir1/rl/logprobs.py. Moves N D + V D elements, and 16 bytes a row
and part; 2 N V D FLOPs. In the prompt's journey: the trainer's logprobs, the side of the
ratio that has a gradient (logprob_backward.py).
"""

import torch
import triton
import triton.language as tl
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from minir1_kernels.box import source
from minir1_kernels.configs import config, current_arch
from minir1_kernels.contract import (
    FLOATS,
    INTEGERS,
    check,
    check_device,
    check_indices,
    check_width,
    launching_on,
    require,
)  # fmt: skip
from minir1_kernels.logits_tile import logits_tile
from minir1_kernels.logprob_backward import logprob_backward

LOWEST = tl.constexpr(-3.0e38)
"""In place of minus infinity, whose products with 0 are not numbers."""


@triton.jit
def merge(peak_a, mass_a, moment_a, peak_b, mass_b, moment_b):
    """One summary for two sets of logits: peak = max z, mass = sum e^(z - peak),
    moment = sum e^(z - peak) (z - peak). Moving a peak by s turns the moment into
    (moment + s mass) e^s, with s <= 0."""
    peak = tl.maximum(peak_a, peak_b)
    shift_a, shift_b = peak_a - peak, peak_b - peak
    scale_a, scale_b = tl.exp(shift_a), tl.exp(shift_b)
    mass = mass_a * scale_a + mass_b * scale_b
    # An empty side has mass 0 and a shift so low that its scale is 0.
    moment = (moment_a + mass_a * shift_a) * scale_a + (moment_b + mass_b * shift_b) * scale_b
    return peak, mass, moment


@triton.jit
def logprob_part(
    h, w, target_ptr, part_ptr,
    n_rows, vocab, width, inv_temperature,
    PART: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr,
    TMA: tl.constexpr,
):  # fmt: skip
    """Fold one part of the vocabulary for BLOCK_M rows; rows are the fast axis of the grid."""
    row, part = tl.program_id(0) * BLOCK_M, tl.program_id(1)
    rows = row + tl.arange(0, BLOCK_M)
    target = tl.load(target_ptr + rows, mask=rows < n_rows, other=-1)
    peak = tl.full((BLOCK_M,), LOWEST, tl.float32)
    mass = tl.zeros((BLOCK_M,), tl.float32)
    moment = tl.zeros((BLOCK_M,), tl.float32)
    chosen = tl.zeros((BLOCK_M,), tl.float32)
    for word in range(part * PART, min(part * PART + PART, vocab), BLOCK_N):
        z = logits_tile(
            h, w, row, word, n_rows, vocab, width, inv_temperature, BLOCK_M, BLOCK_N, BLOCK_K, TMA
        )
        words = word + tl.arange(0, BLOCK_N)
        z = tl.where((words < vocab)[None, :], z, LOWEST)
        chosen += tl.sum(tl.where(words[None, :] == target[:, None], z, 0.0), axis=1)
        tile_peak = tl.max(z, axis=1)
        z -= tile_peak[:, None]
        weight = tl.exp(z)
        peak, mass, moment = merge(
            peak, mass, moment, tile_peak, tl.sum(weight, axis=1), tl.sum(weight * z, axis=1)
        )
    # part_ptr: [parts, 4, N]; the last axis is the rows, so that the stores are contiguous.
    at = part_ptr + part.to(tl.int64) * 4 * n_rows + rows
    tl.store(at, peak, mask=rows < n_rows)
    tl.store(at + n_rows, mass, mask=rows < n_rows)
    tl.store(at + 2 * n_rows, moment, mask=rows < n_rows)
    tl.store(at + 3 * n_rows, chosen, mask=rows < n_rows)


@triton.jit
def logprob_fold(part_ptr, out_ptr, n_rows, n_parts, BLOCK_M: tl.constexpr):
    """Fold the parts from left to right; out_ptr: [4, N], logprob, entropy, peak, log mass."""
    rows = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
    real = rows < n_rows
    peak = tl.full((BLOCK_M,), LOWEST, tl.float32)
    mass = tl.zeros((BLOCK_M,), tl.float32)
    moment = tl.zeros((BLOCK_M,), tl.float32)
    chosen = tl.zeros((BLOCK_M,), tl.float32)
    for part in range(n_parts):
        at = part_ptr + tl.cast(part, tl.int64) * 4 * n_rows + rows
        peak, mass, moment = merge(
            peak, mass, moment,
            tl.load(at, mask=real, other=0.0),
            tl.load(at + n_rows, mask=real, other=1.0),
            tl.load(at + 2 * n_rows, mask=real, other=0.0),
        )  # fmt: skip
        chosen += tl.load(at + 3 * n_rows, mask=real, other=0.0)
    log_mass = tl.log(mass)
    # Differences first: peak is far larger than either result, and would round them away.
    tl.store(out_ptr + rows, (chosen - peak) - log_mass, mask=real)
    tl.store(out_ptr + n_rows + rows, log_mass - moment / mass, mask=real)
    tl.store(out_ptr + 2 * n_rows + rows, peak, mask=real)
    tl.store(out_ptr + 3 * n_rows + rows, log_mass, mask=real)


def logprob_forward(
    hidden: Float[Tensor, "N D"],
    vocabulary: Float[Tensor, "V D"],
    targets: Int[Tensor, "N"],
    temperature: float,
) -> Float[Tensor, "four N"]:
    """Logprob, entropy, peak and log mass of each row, in fp32; lse = peak + log mass."""
    (n_rows, width), vocab = hidden.shape, len(vocabulary)
    chosen = config("logprob", current_arch(), itemsize=hidden.element_size(), D=width, V=vocab)
    block_m, block_n, block_k = chosen["BLOCK_M"], chosen["BLOCK_N"], chosen["BLOCK_K"]
    n_parts, blocks = triton.cdiv(vocab, chosen["PART"]), triton.cdiv(n_rows, block_m)
    out = hidden.new_empty((4, n_rows), dtype=torch.float32)
    if n_rows == 0:
        return out
    parts = hidden.new_empty((n_parts, 4, n_rows), dtype=torch.float32)
    logprob_part[(blocks, n_parts)](
        source(hidden, [block_m, block_k], chosen["TMA"]),
        source(vocabulary, [block_n, block_k], chosen["TMA"]),
        targets, parts, n_rows, vocab, width, 1 / temperature, **chosen,
    )  # fmt: skip
    logprob_fold[(blocks,)](parts, out, n_rows, n_parts, BLOCK_M=block_m)
    return out


class TokenLogprobs(torch.autograd.Function):
    """Keeps the inputs and 16 bytes a row; the backward pass computes the logits again."""

    @staticmethod
    def forward(ctx, hidden, vocabulary, targets, temperature):
        out = logprob_forward(hidden, vocabulary, targets, temperature)
        ctx.save_for_backward(hidden, vocabulary, targets, out)
        ctx.temperature = temperature
        logprob, entropy, peak, log_mass = out
        return logprob.clone(), entropy.clone(), peak + log_mass

    @staticmethod
    @once_differentiable
    def backward(ctx, *grads):
        kept, upstream = ctx.saved_tensors, torch.stack(grads)
        with launching_on(upstream):
            d_hidden, d_vocabulary = logprob_backward(*kept, upstream, ctx.temperature)
        return d_hidden, d_vocabulary, None, None


def token_logprobs(
    hidden: Float[Tensor, "N D"],
    vocabulary: Float[Tensor, "V D"],
    targets: Int[Tensor, "N"],
    temperature: float = 1.0,
) -> tuple[Float[Tensor, "N"], Float[Tensor, "N"], Float[Tensor, "N"]]:
    """Logprob of each target, entropy and lse; each has its gradient.

    A word is a row of `vocabulary`: the head's weight as torch.nn.Linear keeps it.
    """
    check("hidden", hidden, (None, None), FLOATS)
    check_device("hidden", hidden)
    check_width("the width of hidden", hidden.shape[1], hidden.element_size())
    check("vocabulary", vocabulary, (None, hidden.shape[1]), (hidden.dtype,), like=hidden)
    require(len(vocabulary) > 0, "vocabulary", "empty", "one word or more")
    check("targets", targets, (len(hidden),), INTEGERS, like=hidden)
    check_indices("targets", targets, 0, len(vocabulary))
    require(temperature > 0, "temperature", temperature, "a number above 0")
    with launching_on(hidden):
        return TokenLogprobs.apply(hidden, vocabulary, targets, temperature)
