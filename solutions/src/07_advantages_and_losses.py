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
