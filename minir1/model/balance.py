"""Keeping the experts equally busy, with no help from the loss or almost none.

1. The bias rule (DeepSeek-V3 report, 2412.19437, section 2.1.2; 2408.15664). After each step,
   with the load counted over the whole batch:

       b_i += gamma  if expert i had less than the mean load,   b_i -= gamma  if more

   The bias takes part in the choice of experts and never in their weights.

2. The sequence-wise balance loss (Eq. 17-20), with a very small weight alpha, against
   extreme imbalance inside one sequence:

       L = sum_i f_i P_i,   f_i = E / (K T) * (tokens that chose i),   P_i = mean_t s'_it

   where s' are the scores of a token divided by their sum. It is 1 when all is even.

In the prompt's journey: after the backward pass of a step, outside the model.
"""

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor


def expert_load(
    experts: Int[Tensor, "B T K"], n_experts: int, token_mask: Bool[Tensor, "B T"] | None = None
) -> Int[Tensor, "E"]:
    """How many tokens chose each expert; tokens outside the mask don't count.

    >>> expert_load(torch.tensor([[[0, 2], [0, 1]]]), n_experts=4)
    tensor([2, 1, 1, 0])
    """
    counted = torch.ones_like(experts)
    if token_mask is not None:
        counted = counted * token_mask[..., None]
    # Not bincount: it waits for the GPU, to hear which number is the largest.
    return experts.new_zeros(n_experts).index_add(0, experts.flatten(), counted.flatten())


def update_bias(bias: Float[Tensor, "*E"], load: Shaped[Tensor, "*E"], gamma: int | float) -> None:
    """One step of the bias rule, in place. Takes one layer [E] or all of them [L E].

    >>> bias = torch.zeros(3)
    >>> update_bias(bias, torch.tensor([4, 2, 0]), gamma=0.001)
    >>> bias
    tensor([-0.0010,  0.0000,  0.0010])
    """
    load = load.float()
    bias += gamma * torch.sign(load.mean(dim=-1, keepdim=True) - load).to(bias)


def balance_loss(
    scores: Float[Tensor, "B T E"],
    experts: Int[Tensor, "B T K"],
    token_mask: Bool[Tensor, "B T"] | None = None,
) -> Float[Tensor, ""]:
    """Eq. 17-20 without alpha, averaged over the sequences that have any token."""
    n_experts, k = scores.shape[-1], experts.shape[-1]
    mask = scores.new_ones(scores.shape[:2]) if token_mask is None else token_mask.to(scores)
    lengths = mask.sum(dim=1, keepdim=True)
    share = mask / lengths.clamp(min=1)
    chosen = torch.zeros_like(scores).scatter(-1, experts, 1.0)
    f = n_experts / k * (share[:, None] @ chosen)
    p = share[:, None] @ (scores / (scores.sum(dim=-1, keepdim=True) + 1e-20))
    return (f * p).sum() / (lengths > 0).sum().clamp(min=1)
