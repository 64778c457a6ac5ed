# %% [markdown]
# # Exercises 04: a mixture of experts
#
# The router chooses, weighs and is kept in balance; the tokens travel to their experts and back. Six functions of
# [minir1/model/router.py](../minir1/model/router.py), [minir1/model/balance.py](../minir1/model/balance.py) and
# [minir1/model/dispatch.py](../minir1/model/dispatch.py).
#
# An **answer cell** is graded alone, so it imports what it needs. `check(f)` grades, `hint(f)` opens the next of three
# hints, and `solution(f)` asks before it shows one.

# %%
import torch

from minir1.lab.desk import check, hint, peek, progress, solution

progress("04_mixture_of_experts")

# %% [markdown]
# ## 1. `choose`
#
# The experts of each token: the top `n_activated_experts` of score + bias, inside the best groups. With
# `n_expert_groups` > 1 the experts stand in groups side by side; a group's score is the sum of its best **two** biased
# scores, and only the best `n_limited_groups` groups are open. The order of the experts doesn't matter.
#
# `self` has `config` and `e_score_correction_bias`. No gradient flows through a choice.

# %%
import torch
from jaxtyping import Float, Int
from torch import Tensor


def choose(self, scores: Float[Tensor, "N E"]) -> Int[Tensor, "N K"]:
    """The top K of s + b, inside the best groups."""
    # BEGIN SOLUTION
    config = self.config
    biased = scores + self.e_score_correction_bias
    chosen = []
    for row in biased.tolist():
        allowed = list(range(len(row)))
        if config.n_expert_groups > 1:
            size = len(row) // config.n_expert_groups
            strength = []
            for group in range(config.n_expert_groups):
                values = row[group * size : (group + 1) * size]
                two = sorted(values)[-2:]
                strength.append(sum(two))
            order = sorted(range(config.n_expert_groups), key=strength.__getitem__)
            best = order[-config.n_limited_groups :]
            allowed = [expert for expert in allowed if expert // size in best]
        ranked = sorted(allowed, key=row.__getitem__)
        chosen.append(ranked[-config.n_activated_experts :])
    return torch.tensor(chosen)
    # END SOLUTION


# %%
check(choose)

# %% [markdown]
# ## 2. `weights`
#
# The weight of each chosen expert: its score, divided by the sum of the scores of the chosen (if
# `config.norm_topk_prob`), times `config.route_scale`. From the scores and **never** from score + bias: the bias says
# who works, not how much it counts. The gradient flows through the weights.

# %%
import torch
from jaxtyping import Float, Int
from torch import Tensor


def weights(
    self, scores: Float[Tensor, "N E"], experts: Int[Tensor, "N K"]
) -> Float[Tensor, "N K"]:
    """The weight of each chosen expert: from the scores, so that gradients flow."""
    # BEGIN SOLUTION
    rows = []
    for token in range(len(scores)):
        affinity = scores[token, experts[token]]
        if self.config.norm_topk_prob:
            affinity = affinity / affinity.sum()
        rows.append(affinity * self.config.route_scale)
    return torch.stack(rows)
    # END SOLUTION


# %%
check(weights)

# %% [markdown]
# ## 3. `expert_load`
#
# How many tokens chose each expert. An expert that nobody chose has a load of 0, and padding doesn't count.

# %%
import torch
from jaxtyping import Bool, Int
from torch import Tensor


def expert_load(
    experts: Int[Tensor, "B T K"], n_experts: int, token_mask: Bool[Tensor, "B T"] | None = None
) -> Int[Tensor, "E"]:
    """How many tokens chose each expert; tokens outside the mask don't count.

    >>> expert_load(torch.tensor([[[0, 2], [0, 1]]]), n_experts=4)
    tensor([2, 1, 1, 0])
    """
    # BEGIN SOLUTION
    load = [0] * n_experts
    for row in range(experts.shape[0]):
        for token in range(experts.shape[1]):
            if token_mask is None or token_mask[row, token]:
                for expert in experts[row, token].tolist():
                    load[expert] += 1
    return torch.tensor(load)
    # END SOLUTION


# %%
peek(expert_load, torch.tensor([[[0, 2], [0, 1]]]), n_experts=4)

# %%
check(expert_load)

# %% [markdown]
# ## 4. `update_bias`
#
# The rule that needs no loss: up by gamma if the expert had less than the mean load, down by gamma if it had more, and
# nothing if it had exactly the mean. In place. One layer [E], or all of them [L E], each with a mean of its own.

# %%
import torch
from jaxtyping import Float, Shaped
from torch import Tensor


def update_bias(bias: Float[Tensor, "*E"], load: Shaped[Tensor, "*E"], gamma: int | float) -> None:
    """One step of the bias rule, in place. Takes one layer [E] or all of them [L E].

    >>> bias = torch.zeros(3)
    >>> update_bias(bias, torch.tensor([4, 2, 0]), gamma=0.001)
    >>> bias
    tensor([-0.0010,  0.0000,  0.0010])
    """
    # BEGIN SOLUTION
    load = load.double()
    mean = load.mean(dim=-1, keepdim=True)
    step = torch.sign(mean - load)
    bias.add_(gamma * step)
    # END SOLUTION


# %%
check(update_bias)

# %% [markdown]
# ## 5. `balance_loss`
#
# DeepSeek-V3's sequence-wise loss (Eq. 17-20, without its tiny weight alpha). For each sequence, with its real tokens only: f_i is
# E / (K T) times the tokens that chose expert i, P_i the mean over tokens of score i divided by the token's sum of
# scores, and the loss is the sum of f_i P_i. Then the mean over the sequences that have any token.

# %%
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def balance_loss(
    scores: Float[Tensor, "B T E"],
    experts: Int[Tensor, "B T K"],
    token_mask: Bool[Tensor, "B T"] | None = None,
) -> Float[Tensor, ""]:
    """Eq. 17-20 without alpha, averaged over the sequences that have any token."""
    # BEGIN SOLUTION
    n_experts, k = scores.shape[-1], experts.shape[-1]
    everywhere = torch.ones(scores.shape[:2], dtype=torch.bool)
    losses = []
    for row in range(len(scores)):
        real = (everywhere if token_mask is None else token_mask)[row]
        if not bool(real.any()):
            continue
        s, chosen = scores[row][real], experts[row][real]
        count = torch.bincount(chosen.flatten(), minlength=n_experts)
        f = count * n_experts / (k * len(s))
        p = (s / s.sum(dim=-1, keepdim=True)).mean(dim=0)
        losses.append((f * p).sum())
    return sum(losses) / max(1, len(losses))
    # END SOLUTION


# %%
check(balance_loss)

# %% [markdown]
# ## 6. `experts_torch`
#
# The whole layer: each token goes through its K experts, and what they say is added by weight. An expert is
# `down(silu(gate(x)) * up(x))`; `gate_up` holds the rows of gate above those of up. A loop over the experts is fine. Mind
# an expert without any token, and a token that two experts serve. `splits` may be ignored.

# %%
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F


def experts_torch(
    x: Float[Tensor, "N D"],
    topk_idx: Int[Tensor, "N K"],
    topk_weight: Float[Tensor, "N K"],
    gate_up: Float[Tensor, "E F2 D"],
    down: Float[Tensor, "E D F"],
    splits: list[int] | None = None,
) -> Float[Tensor, "N D"]:
    """Run every token through its K experts and add the results by weight.

    `gate_up` holds each expert's gate above its up-projection, so F2 = 2 F.
    `splits` dictates how many rows each expert gets, in place of counting them: a dry run
    on tensors without data can't count.
    """
    # BEGIN SOLUTION
    y = torch.zeros_like(x)
    for expert in range(len(gate_up)):
        token, slot = (topk_idx == expert).nonzero(as_tuple=True)
        gate, up = (x[token] @ gate_up[expert].T).chunk(2, dim=-1)
        hidden = F.silu(gate) * up
        out = (hidden @ down[expert].T) * topk_weight[token, slot][:, None]
        y = y.index_add(0, token, out)
    return y
    # END SOLUTION


# %%
check(experts_torch)

# %%
progress("04_mixture_of_experts")
