"""Generalised advantage estimation (arXiv 1506.02438): credit to tokens, by a value network.

    delta_t = r_t + gamma V_{t+1} - V_t
    A_t     = delta_t + gamma lambda A_{t+1}

The reward comes at the last token only. lambda = 1 says A_t = R - V_t: unbiased, noisy.
lambda = 0 trusts the value network one step ahead. With a reward of 1 after three tokens and a
value of .5 everywhere, they give [.5, .5, .5] and [0, 0, .5]. R1's authors found that lambda
.95, the default of many libraries, does far worse here than 1 (arXiv 2501.12948v2, A.3): with
thousands of tokens, .95 forgets the end of the answer.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def gae(
    rewards: Float[Tensor, "B"],
    values: Float[Tensor, "B T"],
    mask: Bool[Tensor, "B T"],
    gamma: float = 1.0,
    lam: float = 1.0,
) -> Float[Tensor, "B T"]:
    """Advantages at the tokens of the mask, zero elsewhere.

    `values[b, t]` is the value before token t was written; each row's mask is one stretch of
    tokens, and the reward of the row is earned at its last one.
    """
    advantages = torch.zeros_like(values)
    last = mask & ~torch.nn.functional.pad(mask[:, 1:], (0, 1))
    ahead = torch.zeros_like(rewards)  # A_{t+1}
    next_value = torch.zeros_like(rewards)
    for t in reversed(range(values.shape[1])):
        here = mask[:, t]
        delta = rewards * last[:, t] + gamma * next_value - values[:, t]
        ahead = torch.where(here, delta + gamma * lam * ahead, 0.0)
        next_value = torch.where(here, values[:, t], 0.0)
        advantages[:, t] = ahead
    return advantages
