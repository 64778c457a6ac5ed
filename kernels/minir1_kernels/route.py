"""The router: from logits to the K experts of each token and their weights, in one kernel.

    s = sigmoid(z)   or   softmax(z)             affinity of the token to each expert
    c = s + b                                    the choice uses the correction bias ...
    experts = the K largest c in the groups with the largest (sum of a group's best two c)
    weight_j = s_j / (sum over the chosen of s) * scale       ... and the weights do not
                                                 (DeepSeek-V3 report, 2412.19437, Eq. 12-16)

    c        .3 .9 | .8 .7 | .1 .2     E = 6 in 3 groups, 2 of which stay open
    groups    1.2  |  1.5  |   .3      closed groups become -inf
    choose    pick the largest, cross it out, K times: expert 1, then 2

A row of E scores fits into registers, so plain picking beats a sort: torch.topk takes about
40% of a router's time (2512.14080). Of equal scores the expert with the lower id wins.

Spec: minir1's `Router.scores`, `choose` and `weights`; `forced` replaces a choice where it is
0 or more. Moves 8 N E bytes (logits and scores) + 12 N K (20 with `forced`); about E (K + 2 G)
comparisons a token.
"""

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from jaxtyping import Float, Int
from torch import Tensor

from minir1_kernels.configs import config, current_arch


@dataclass(frozen=True)
class Rule:
    """How a router chooses, in the names of DeepSeek's ModelArgs."""

    k: int
    groups: int = 1
    open_groups: int = 1
    softmax: bool = False
    normalise: bool = True
    scale: float = 1.0


@triton.jit
def scores_of(z, real, SOFTMAX: tl.constexpr):
    """Affinities of a tile of logits; 0 in the columns behind the last expert."""
    if SOFTMAX:
        z = tl.where(real, z, float("-inf"))
        powers = tl.exp(z - tl.max(z, axis=1)[:, None])
        s = powers / tl.sum(powers, axis=1)[:, None]
    else:
        s = 1 / (1 + tl.exp(-z))
    return tl.where(real, s, 0.0)


@triton.jit
def take_best(c, ids):
    """The largest entry of each row, its column, and the rows without it."""
    best = tl.max(c, axis=1)
    where = tl.argmax(c, axis=1)
    return best, where, tl.where(ids == where[:, None], float("-inf"), c)


@triton.jit
def open_only(c, ids, n_experts, GROUPS: tl.constexpr, OPEN: tl.constexpr, BLOCK_G: tl.constexpr):
    """Close all but the OPEN best groups; a group's score is the sum of its best two."""
    group_of = ids // (n_experts // GROUPS)
    groups = tl.arange(0, BLOCK_G)[None, :]
    group_score = tl.full((c.shape[0], BLOCK_G), float("-inf"), tl.float32)
    for group in tl.static_range(GROUPS):
        members = tl.where(group_of == group, c, float("-inf"))
        first, _, others = take_best(members, ids)
        pair = first + tl.max(others, axis=1)
        group_score = tl.where(groups == group, pair[:, None], group_score)
    is_open = ids < 0
    for _ in tl.static_range(OPEN):
        _, where, group_score = take_best(group_score, groups)
        is_open = is_open | (group_of == where[:, None])
    # Not zero: with a negative bias, an expert of a closed group would win with 0.
    return tl.where(is_open, c, float("-inf"))


@triton.jit
def route_kernel(
    logits_ptr, bias_ptr, forced_ptr, scores_ptr, idx_ptr, weight_ptr,
    n_tokens, n_experts, scale,
    K: tl.constexpr, GROUPS: tl.constexpr, OPEN: tl.constexpr,
    SOFTMAX: tl.constexpr, NORMALISE: tl.constexpr, FORCED: tl.constexpr,
    BLOCK_T: tl.constexpr, BLOCK_E: tl.constexpr, BLOCK_K: tl.constexpr, BLOCK_G: tl.constexpr,
):  # fmt: skip
    """BLOCK_T tokens with all their experts."""
    tokens = tl.program_id(0) * BLOCK_T + tl.arange(0, BLOCK_T)
    ids = tl.arange(0, BLOCK_E)[None, :]
    live = tokens < n_tokens
    real = live[:, None] & (ids < n_experts)
    at = tokens.to(tl.int64)[:, None] * n_experts + ids
    z = tl.load(logits_ptr + at, mask=real, other=0.0).to(tl.float32)
    s = scores_of(z, ids < n_experts, SOFTMAX)
    tl.store(scores_ptr + at, s, mask=real)
    c = s + tl.load(bias_ptr + ids, mask=ids < n_experts, other=0.0)
    # Not a number counts as the worst, and no column behind the last expert is ever chosen.
    c = tl.where((ids < n_experts) & (c == c), c, float("-inf"))
    if GROUPS > 1:
        c = open_only(c, ids, n_experts, GROUPS, OPEN, BLOCK_G)
    slots = tl.arange(0, BLOCK_K)[None, :]
    chosen = tl.zeros((BLOCK_T, BLOCK_K), tl.int32)
    weights = tl.zeros((BLOCK_T, BLOCK_K), tl.float32)
    for j in tl.static_range(K):
        _, where, c = take_best(c, ids)
        if FORCED:
            forced = tl.load(forced_ptr + tokens * K + j, mask=live, other=-1).to(tl.int32)
            where = tl.where(forced >= 0, forced, where)
        s_j = tl.sum(tl.where(ids == where[:, None], s, 0.0), axis=1)
        chosen = tl.where(slots == j, where[:, None], chosen)
        weights = tl.where(slots == j, s_j[:, None], weights)
    if NORMALISE:
        weights /= tl.sum(weights, axis=1)[:, None] + 1e-20
    inside = live[:, None] & (slots < K)
    at = tokens[:, None] * K + slots
    tl.store(idx_ptr + at, chosen.to(tl.int64), mask=inside)
    tl.store(weight_ptr + at, weights * scale, mask=inside)


def route_forward(
    logits: Float[Tensor, "N E"],
    bias: Float[Tensor, "E"],
    forced: Int[Tensor, "N K"] | None,
    rule: Rule,
) -> tuple[Float[Tensor, "N K"], Int[Tensor, "N K"], Float[Tensor, "N E"]]:
    """Weights, experts and scores."""
    n_tokens, n_experts = logits.shape
    scores = logits.new_empty(logits.shape, dtype=torch.float32)
    idx = logits.new_empty((n_tokens, rule.k), dtype=torch.int64)
    weight = logits.new_empty((n_tokens, rule.k), dtype=torch.float32)
    tile = config("route", current_arch(), E=n_experts)
    route_kernel[(triton.cdiv(n_tokens, tile["BLOCK_T"]),)](
        logits, bias, forced, scores, idx, weight, n_tokens, n_experts, rule.scale,
        K=rule.k, GROUPS=rule.groups, OPEN=rule.open_groups, SOFTMAX=rule.softmax,
        NORMALISE=rule.normalise, FORCED=forced is not None,
        BLOCK_E=triton.next_power_of_2(n_experts), BLOCK_K=triton.next_power_of_2(rule.k),
        BLOCK_G=triton.next_power_of_2(rule.groups), **tile,
    )  # fmt: skip
    return weight, idx, scores
