# %% [markdown]
# # Exercises 07: advantages and losses
#
# Everything that GRPO and its family do to a reward before it becomes a gradient, in six functions.
# They are the functions of [minir1/rl/advantage.py](../minir1/rl/advantage.py),
# [minir1/rl/batch.py](../minir1/rl/batch.py) and [minir1/rl/loss.py](../minir1/rl/loss.py): same name, same
# signature, same promise. Yours may look quite different.
#
# An **answer cell** is graded alone, so it imports what it needs. `check(f)` grades your answer on fresh random
# inputs each time, `hint(f)` opens the next of three hints, and `solution(f)` asks before it shows one.

# %%
import torch

from minir1.lab.desk import check, hint, peek, progress, solution

progress("07_advantages_and_losses")

# %% [markdown]
# ## 1. `group_advantages`
#
# For each group: subtract the mean of the group. GRPO then divides by the group's standard deviation (the unbiased
# one, plus `STD_EPS`); Dr. GRPO does not; RLOO subtracts the mean of the *others* instead. A dead group, whose
# rewards are all equal, gets zeros, exactly. The formulas are at the top of
# [minir1/rl/advantage.py](../minir1/rl/advantage.py); don't read further down.

# %%
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

STD_EPS = 1e-4


def group_advantages(
    rewards: Float[Tensor, "P G"], kind: Literal["grpo", "dr_grpo", "rloo"] = "grpo"
) -> Float[Tensor, "P G"]:
    """Advantages of P groups of G rollouts. A dead group gets zeros, exactly."""
    # BEGIN SOLUTION
    rows = []
    size = rewards.shape[1]
    for group in rewards:
        mean = sum(group) / size
        centred = group - mean
        std = (sum(centred**2) / (size - 1)) ** 0.5
        if bool((group == group[0]).all()):
            rows.append(torch.zeros(size))
        elif kind == "grpo":
            rows.append(centred / (std + STD_EPS))
        elif kind == "dr_grpo":
            rows.append(centred)
        else:
            rows.append(centred * size / (size - 1))
    return torch.stack(rows)
    # END SOLUTION


# %%
peek(group_advantages, torch.tensor([[1.0, 0.0, 0.0, 0.0]]))

# %%
check(group_advantages)

# %% [markdown]
# ## 2. `test_group_advantages`
#
# Now the other side: write a **test** for such a function. It is handed a `group_advantages`. It does nothing if the
# function is right, and raises an `AssertionError` if it is wrong. The grader hands it the right one, and seven wrong
# ones. You get a point for each wrong one that you refuse, as long as you accept the right one.
#
# Two groups of small whole numbers whose answers you know by heart are worth more than a thousand random ones.

# %%
import torch
from torch.testing import assert_close

TABLE = [[1.0, 0, 0, 0, 0, 0, 0], [3.0, 2, 2, 2, 2, 2, 1], [0.1] * 7]


def test_group_advantages(group_advantages):
    """Refuse every wrong `group_advantages` by an AssertionError, and accept every right one."""
    # BEGIN SOLUTION
    rewards = torch.tensor(TABLE)
    live = torch.tensor([len(set(row)) > 1 for row in rewards.tolist()])[:, None]
    centred = (rewards - rewards.mean(1, keepdim=True)) * live
    scale = {"grpo": 1 / (rewards.std(1, keepdim=True) + 1e-4), "dr_grpo": 1.0, "rloo": 7 / 6}
    for kind in ("grpo", "dr_grpo", "rloo"):
        got, want = group_advantages(rewards, kind), centred * scale[kind]
        assert_close(got, want)
        assert not got[~live.flatten()].any()
    # END SOLUTION


# %%
check(test_group_advantages)

# %% [markdown]
# ## 3. `token_weights`
#
# How much does each token count in the loss? Three answers divide the family: all tokens alike (DAPO), all sequences
# alike (GRPO), or a constant (Dr. GRPO). A weight depends on the sequence only. A sequence without any token must not
# divide by zero.

# %%
from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

LossNorm = Literal["token", "sequence", "fixed"]


def token_weights(lengths: Sequence[int], norm: LossNorm, fixed_length: int) -> Float[Tensor, "B"]:
    """The weight of each token of each sequence in the loss; it depends on the sequence only.

    token     1 / all tokens              every token counts the same        (DAPO)
    sequence  1 / (sequences * length)    every sequence counts the same     (GRPO)
    fixed     1 / (sequences * L)         neither: a constant, L = longest   (Dr. GRPO)

    >>> token_weights([1, 3], "token", 4).tolist(), token_weights([1, 3], "fixed", 4).tolist()
    ([0.25, 0.25], [0.125, 0.125])
    """
    # BEGIN SOLUTION
    weights = []
    for length in lengths:
        if norm == "token":
            weights.append(1 / max(1, sum(lengths)))
        elif norm == "sequence":
            weights.append(1 / len(lengths) / max(1, length))
        else:
            weights.append(1 / (len(lengths) * fixed_length))
    return torch.tensor(weights)
    # END SOLUTION


# %%
peek(token_weights, [1, 3], "sequence", 4)

# %%
check(token_weights)

# %% [markdown]
# ## 4. `log_ratios`
#
# The log of the ratio of the policy of now to the policy that sampled, at each token of the loss mask, and 0
# elsewhere. At level `"sequence"` (GSPO), every token of a sequence gets the mean over the sequence's tokens. `batch` holds
# `loss_mask` and, from the policy that sampled, `old_logprobs`.
#
# What stands outside the mask is garbage, and it can be large. Take it out *before* anybody takes an `exp`.

# %%
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from minir1.rl.types import Batch


def log_ratios(
    logprobs: Float[Tensor, "B T"], batch: Batch, level: Literal["token", "sequence"]
) -> Float[Tensor, "B T"]:
    """log r at each token of the mask. At level "sequence", its mean over the sequence.

    The mask comes before any exp: at a padded place the difference can be huge, exp makes it
    infinite, and 0 * inf in the backward pass is NaN.
    """
    # BEGIN SOLUTION
    difference = logprobs - batch.old_logprobs
    difference[~batch.loss_mask] = 0.0
    if level == "token":
        return difference
    rows = []
    for row, mask in zip(difference, batch.loss_mask, strict=True):
        mean = row.sum() / max(1, int(mask.sum()))
        rows.append(mean * mask)
    return torch.stack(rows)
    # END SOLUTION


# %%
check(log_ratios)

# %% [markdown]
# ## 5. `k3`
#
# Schulman's third estimate of the KL divergence at one drawn token: with r = pi_ref / pi it is r - 1 - log r. It is
# never negative, and its mean is the KL. Near r = 1 the plain formula loses all its digits in float32, so look for a
# function of torch that computes exp(x) - 1 without that loss. Here too, the mask comes first.

# %%
import torch
from jaxtyping import Float
from torch import Tensor

from minir1.rl.types import Batch


def k3(
    logprobs: Float[Tensor, "B T"], ref_logprobs: Float[Tensor, "B T"], batch: Batch
) -> Float[Tensor, "B T"]:
    """The k3 estimate of KL(pi || pi_ref) at each token: unbiased, and never negative.

    For pi = .5 and pi_ref = .4 at the drawn token: .8 - 1 - log .8 = .0231.
    """
    # BEGIN SOLUTION
    gap = ref_logprobs - logprobs
    gap = gap * batch.loss_mask
    return torch.expm1(gap) - gap
    # END SOLUTION


# %%
check(k3)

# %% [markdown]
# ## 6. `policy_loss`
#
# The heart of it all. With the ratio r and the advantage A, each token's objective is min(r A, clip(r) A), where the
# clip keeps r between 1 - `clip_low` and 1 + `clip_high`. The loss is minus their sum, weighted by `batch.weights`,
# plus `kl_coef` times the weighted sum of `k3`, if there is a reference. Use the package's `log_ratios` and `k3`, so
# that an earlier mistake doesn't cost you twice.
#
# Also count what the clip does: tokens whose gradient the lower side took away (the ratio is below, and the advantage
# negative), and the upper side (above, and positive). Return `PolicyLoss(total, policy, kl, low_clipped, high_clipped)`;
# without a reference, `kl` is 0.

# %%
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from minir1.rl.loss import PolicyLoss, k3, log_ratios
from minir1.rl.types import Batch


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
    # BEGIN SOLUTION
    ratio = torch.exp(log_ratios(logprobs, batch, ratio_level))
    good = batch.advantages > 0
    limit = torch.where(good, 1.0 + clip_high, 1.0 - clip_low)
    past = torch.where(good, ratio > limit, ratio < limit)
    objective = torch.where(past, limit, ratio) * batch.advantages
    policy = -(objective * batch.weights).sum()
    kl = torch.zeros(())
    if kl_coef and ref_logprobs is not None:
        kl = (batch.weights * k3(logprobs, ref_logprobs, batch)).sum()
    low = (past & (batch.advantages < 0)).sum().float()
    high = (past & good).sum().float()
    return PolicyLoss(policy + kl_coef * kl, policy, kl, low, high)
    # END SOLUTION


# %%
check(policy_loss)

# %% [markdown]
# ## Train with it
#
# `minir1 run smoke --with work/07_advantages_and_losses.ipynb` walks the whole path with *your* functions in place of
# the package's; `laptop` in place of `smoke` learns for real. Try a wrong sign, and see what the report shows.

# %%
progress("07_advantages_and_losses")
