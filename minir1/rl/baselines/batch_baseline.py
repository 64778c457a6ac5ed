"""REINFORCE with a batch baseline: one mean and one deviation for all prompts together.

    A_i = (R_i - mean of all R) / (std of all R + eps)          REINFORCE++, arXiv 2501.03262

No group is needed, so each prompt may be asked once. The price: a rollout of an easy prompt
looks good, and one of a hard prompt bad, whatever they did. With rewards [[1, 1], [0, 0]] GRPO
sees two dead groups and learns nothing; this one praises both answers to the easy prompt.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from minir1.rl.advantage import STD_EPS


def batch_advantages(rewards: Float[Tensor, "P G"]) -> Float[Tensor, "P G"]:
    """Advantages over the whole batch; equal rewards everywhere give zeros, exactly.

    >>> easy, hard = batch_advantages(torch.tensor([[1.0, 1.0], [0.0, 0.0]])).mean(1).tolist()
    >>> round(easy, 2), round(hard, 2)
    (0.87, -0.87)
    """
    if (rewards == rewards.flatten()[0]).all():
        return torch.zeros_like(rewards)
    return (rewards - rewards.mean()) / (rewards.std() + STD_EPS)
