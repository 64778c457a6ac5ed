"""The router's backward pass: from gradients of weights and scores to one of the logits.

    weight_j = scale * s_j / Z,  Z = sum over the chosen of s
    ds_j = scale / Z * (dweight_j - sum_i dweight_i s_i / Z)       without norm: scale * dweight_j
    ds_e = dscores_e + sum over the j with idx_j = e of ds_j
    dz   = ds * s * (1 - s)                    sigmoid
    dz   = s * (ds - sum_e ds_e s_e)           softmax

    dweight [N K] --> ds of the chosen --+
                                         +--> spread over E by comparing ids --> dz [N E]
    dscores [N E] (balance loss) --------+

The choice itself has no gradient, and so the bias has none. Spreading by comparison gives
each dz one writer; an expert that `forced` names twice gets the sum.

Spec: autograd of minir1's `Router.weights`. Moves 12 N E + 12 N K bytes; about 2 N E K FLOPs.
"""

import torch
import triton
import triton.language as tl
from jaxtyping import Float, Int
from torch import Tensor

from minir1_kernels.configs import config, current_arch
from minir1_kernels.route import Rule


@triton.jit
def route_backward_kernel(
    dweight_ptr, dscores_ptr, scores_ptr, idx_ptr, dlogits_ptr, n_tokens, n_experts, scale,
    K: tl.constexpr, SOFTMAX: tl.constexpr, NORMALISE: tl.constexpr,
    BLOCK_T: tl.constexpr, BLOCK_E: tl.constexpr,
):  # fmt: skip
    """BLOCK_T tokens with all their experts."""
    tokens = tl.program_id(0) * BLOCK_T + tl.arange(0, BLOCK_T)
    ids = tl.arange(0, BLOCK_E)[None, :]
    live = tokens < n_tokens
    real = live[:, None] & (ids < n_experts)
    at = tokens.to(tl.int64)[:, None] * n_experts + ids
    s = tl.load(scores_ptr + at, mask=real, other=0.0)
    ds = tl.load(dscores_ptr + at, mask=real, other=0.0)
    total = tl.zeros((BLOCK_T,), tl.float32)
    slope = tl.zeros((BLOCK_T,), tl.float32)
    if NORMALISE:
        for j in tl.static_range(K):
            chosen = tl.load(idx_ptr + tokens * K + j, mask=live, other=-1)
            s_j = tl.sum(tl.where(ids == chosen[:, None], s, 0.0), axis=1)
            total += s_j
            slope += s_j * tl.load(dweight_ptr + tokens * K + j, mask=live, other=0.0)
        total += 1e-20
        slope /= total
    for j in tl.static_range(K):
        chosen = tl.load(idx_ptr + tokens * K + j, mask=live, other=-1)
        ds_j = scale * tl.load(dweight_ptr + tokens * K + j, mask=live, other=0.0)
        if NORMALISE:
            ds_j = (ds_j - scale * slope) / total
        ds += tl.where(ids == chosen[:, None], ds_j[:, None], 0.0)
    if SOFTMAX:
        dz = s * (ds - tl.sum(ds * s, axis=1)[:, None])
    else:
        dz = ds * s * (1 - s)
    tl.store(dlogits_ptr + at, dz.to(dlogits_ptr.dtype.element_ty), mask=real)


def route_backward(
    dweight: Float[Tensor, "N K"],
    dscores: Float[Tensor, "N E"],
    scores: Float[Tensor, "N E"],
    idx: Int[Tensor, "N K"],
    rule: Rule,
    dtype: torch.dtype,
) -> Float[Tensor, "N E"]:
    """The gradient of the logits."""
    n_tokens, n_experts = scores.shape
    dlogits = torch.empty_like(scores, dtype=dtype)
    tile = config("route", current_arch(), E=n_experts)
    route_backward_kernel[(triton.cdiv(n_tokens, tile["BLOCK_T"]),)](
        dweight, dscores, scores, idx, dlogits, n_tokens, n_experts, rule.scale,
        K=rule.k, SOFTMAX=rule.softmax, NORMALISE=rule.normalise,
        BLOCK_E=triton.next_power_of_2(n_experts), **tile,
    )  # fmt: skip
    return dlogits
