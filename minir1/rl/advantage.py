"""From the rewards of a group to the advantages of its rollouts.

    GRPO      A_i = (R_i - mean R) / (std R + eps)      arXiv 2402.03300, section 4.1.2
    Dr. GRPO  A_i =  R_i - mean R                       arXiv 2503.20783, section 3.2
    RLOO      A_i =  R_i - mean of the other G - 1      arXiv 2402.14740, Eq. 9

The group's own mean is the baseline, so no value network is needed: a rollout is good if it
did better than its siblings. For rewards [1, 0, 0, 0] the three give
[1.5, -.5, -.5, -.5], [.75, -.25, -.25, -.25] and [1, -1/3, -1/3, -1/3].
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

STD_EPS = 1e-4  # TRL's; keeps a nearly dead group from shouting


def group_advantages(
    rewards: Float[Tensor, "P G"], kind: Literal["grpo", "dr_grpo", "rloo"] = "grpo"
) -> Float[Tensor, "P G"]:
    """Advantages of P groups of G rollouts. A dead group gets zeros, exactly."""
    group_size = rewards.shape[-1]
    centred = rewards - rewards.mean(-1, keepdim=True)
    if kind == "rloo":
        advantages = centred * group_size / (group_size - 1)
    elif kind == "grpo":
        advantages = centred / (rewards.std(-1, keepdim=True) + STD_EPS)
    else:
        advantages = centred
    # The mean of equal floats can miss them by one rounding; a dead group must teach nothing.
    dead = (rewards == rewards[..., :1]).all(-1, keepdim=True)
    return torch.where(dead, 0.0, advantages)
