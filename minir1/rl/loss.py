"""The policy loss: GRPO and its family, from one ratio, one clip and one set of weights.

    r_t = pi(y_t) / pi_old(y_t)
    L   = - sum_t w_t min(r_t A, clip(r_t, 1 - clip_low, 1 + clip_high) A) + kl_coef sum_t w_t k3_t

    GRPO       arXiv 2402.03300, Eq. 3      w = 1 / (sequences * length), clip .2 / .2, k3
    Dr. GRPO   arXiv 2503.20783             w = a constant
    DAPO       arXiv 2503.14476, Eq. 8      w = 1 / all tokens, clip .2 / .28, no KL
    GSPO       arXiv 2507.18071, Eq. 5      one ratio a sequence: exp of the mean of log r_t

    k3 = pi_ref / pi - 1 - log(pi_ref / pi)     Schulman, "Approximating KL divergence"

Worked example: A = 1 and r = 1.5 with clip_high = .28 gives -1.28 and no gradient; A = -1 and
r = 1.5 gives +1.5 with its full gradient: a bad token is always pushed down.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from minir1.rl.types import Batch


@dataclass(frozen=True, slots=True)
class PolicyLoss:
    """The loss to minimise, and what the metrics need, each a weighted or masked sum."""

    total: Float[Tensor, ""]
    policy: Float[Tensor, ""]
    kl: Float[Tensor, ""]
    low_clipped: Float[Tensor, ""]
    """Tokens of the mask whose gradient the lower clip took away."""
    high_clipped: Float[Tensor, ""]


def log_ratios(
    logprobs: Float[Tensor, "B T"], batch: Batch, level: Literal["token", "sequence"]
) -> Float[Tensor, "B T"]:
    """log r at each token of the mask. At level "sequence", its mean over the sequence.

    The mask comes before any exp: at a padded place the difference can be huge, exp makes it
    infinite, and 0 * inf in the backward pass is NaN.
    """
    difference = torch.where(batch.loss_mask, logprobs - batch.old_logprobs, 0.0)
    if level == "token":
        return difference
    count = batch.loss_mask.sum(-1, keepdim=True).clamp_min(1)
    return (difference.sum(-1, keepdim=True) / count) * batch.loss_mask


def k3(
    logprobs: Float[Tensor, "B T"], ref_logprobs: Float[Tensor, "B T"], batch: Batch
) -> Float[Tensor, "B T"]:
    """The k3 estimate of KL(pi || pi_ref) at each token: unbiased, and never negative.

    For pi = .5 and pi_ref = .4 at the drawn token: .8 - 1 - log .8 = .0231.
    """
    log_r = torch.where(batch.loss_mask, ref_logprobs - logprobs, 0.0)
    # expm1 and not exp() - 1: near 0 that loses all its digits, and can come out negative.
    return log_r.expm1() - log_r


def policy_loss(
    logprobs: Float[Tensor, "B T"],
    batch: Batch,
    *,
    clip_low: float = 0.2,
    clip_high: float = 0.28,
    ratio_level: Literal["token", "sequence"] = "token",
    kl_coef: float = 0.0,
    ref_logprobs: Float[Tensor, "B T"] | None = None,
) -> PolicyLoss:
    """The clipped surrogate of one (micro-)batch. Losses of micro-batches add up."""
    ratio = log_ratios(logprobs, batch, ratio_level).exp()
    clipped = ratio.clamp(1.0 - clip_low, 1.0 + clip_high)
    advantages = batch.advantages
    surrogate = torch.minimum(ratio * advantages, clipped * advantages)
    policy = -(batch.weights * surrogate).sum()
    kl = torch.zeros_like(policy)
    if kl_coef and ref_logprobs is not None:
        kl = (batch.weights * k3(logprobs, ref_logprobs, batch)).sum()
    with torch.no_grad():
        low = ((ratio < 1.0 - clip_low) & (advantages < 0)).sum()
        high = ((ratio > 1.0 + clip_high) & (advantages > 0)).sum()
    return PolicyLoss(policy + kl_coef * kl, policy, kl, low.float(), high.float())
