# %% [markdown]
# # Exercises 13: across processes
#
# A run on many GPUs is one program that runs many times, each time with other data, and that meets itself. Four small functions
# hold most of what can go wrong: what lies where, what travels, what a token weighs, how long a gradient is. The real ones are in
# [minir1/run/distributed/](../minir1/run/distributed/__init__.py).
#
# In three of them your function runs in **several processes at once**. `peers.rank` is your number, `peers.size` how many you
# are, and `peers.gather(value)` is a meeting: all must come, and each gets the list of what all brought, in the order of ranks.
#
# An **answer cell** is graded alone, so it imports what it needs. `check(f)` grades, `hint(f)` opens the next of three
# hints, and `solution(f)` asks before it shows one.

# %%
import torch

from minir1.lab.desk import check, hint, peek, progress, solution
from minir1.lab.spmd import together

progress("13_across_four_processes")

# %% [markdown]
# ## 1. `chunk`
#
# An axis of 5 rows, shared by 4 processes. FSDP cuts as `torch.chunk` does: all parts are as long as the first, until nothing
# is left. So the parts are rows 0-1, rows 2-3, row 4, and **nothing** (which starts at 5, the end). Return the first place and
# the number of places of one part.


# %%
def chunk(length: int, size: int, index: int) -> tuple[int, int]:
    """First place and number of places of part `index`, where an axis is cut into `size` parts.

    All parts are as long as the first, until nothing is left.

    >>> [chunk(5, 4, index) for index in range(4)]
    [(0, 2), (2, 2), (4, 1), (5, 0)]
    """
    # BEGIN SOLUTION
    each = (length + size - 1) // size
    start = index * each
    end = start + each
    if start > length:
        start = length
    if end > length:
        end = length
    return start, end - start
    # END SOLUTION


# %%
peek(chunk, 10, 4, 3)

# %%
check(chunk)

# %% [markdown]
# ## 2. `split_sizes`
#
# Before rows travel, each process must say how many go where, and know how many come from where. `expert_of_row` has the expert
# of each of **my** rows. Of E experts, process p owns the p-th part: with 4 experts and 2 processes, 0 and 1 belong to process 0.
# (E is a multiple of the number of processes.)
# Return two lists, one number a process: rows that leave for it, rows that come from it. (Rows for myself are in both.)
#
# You can count your own rows. How do you learn what comes?

# %%
from typing import Any

from jaxtyping import Int
from torch import Tensor


def split_sizes(
    peers: Any, expert_of_row: Int[Tensor, "R"], n_experts: int
) -> tuple[list[int], list[int]]:
    """How many of my rows leave for each process, and how many come from each.

    Process p owns experts p * E / size up to the next one's first. A process knows where its own
    rows go; what comes to it, the others have to say.

    >>> rows = [(torch.tensor([0, 0, 3]), 4), (torch.tensor([1, 2]), 4)]
    >>> together(split_sizes, rows)
    [([2, 1], [2, 1]), ([1, 1], [1, 1])]
    """
    # BEGIN SOLUTION
    each = n_experts // peers.size
    leave = [0] * peers.size
    for expert in expert_of_row.tolist():
        leave[expert // each] += 1
    everyone = peers.gather(leave)
    come = [rows[peers.rank] for rows in everyone]
    return leave, come
    # END SOLUTION


# %%
check(split_sizes)

# %% [markdown]
# ## 3. `token_mean`
#
# The loss of a batch is the mean over its tokens. But the tokens lie in several processes, and some have more of them than others.
# Each process returns its **share**, and the shares of all add up to the mean. A token counts where the mask is true. If
# nobody has a token, every share is 0.
#
# A process without a token still has to come to the meeting.

# %%
from typing import Any

from jaxtyping import Bool, Float
from torch import Tensor


def token_mean(peers: Any, losses: Float[Tensor, "B T"], mask: Bool[Tensor, "B T"]) -> float:
    """My share of the mean loss over all tokens of all processes: the shares add up to it.

    >>> data = [(torch.tensor([[2.0, 9.0]]), torch.tensor([[True, False]])),
    ...         (torch.tensor([[1.0, 3.0]]), torch.tensor([[True, True]]))]
    >>> together(token_mean, data)  # 2 / 3 and 4 / 3: together 6 / 3
    [0.666..., 1.333...]
    """
    # BEGIN SOLUTION
    mine, total = 0, 0.0
    for loss, kept in zip(losses.flatten().tolist(), mask.flatten().tolist(), strict=True):
        if kept:
            mine += 1
            total += loss
    tokens = sum(peers.gather(mine))
    if tokens == 0:
        return 0.0
    return total / tokens
    # END SOLUTION


# %%
check(token_mean)

# %% [markdown]
# ## 4. `clip_norm`
#
# Gradient clipping needs the length of the **whole** gradient, of which each process holds a part: a list of tensors, perhaps empty
# ones. Return that length, the same in all processes, and my tensors, scaled so that the whole is at most `max_norm` long. A
# gradient that is short enough stays as it is. The length is the one before scaling.

# %%
import math
from collections.abc import Sequence
from typing import Any

from jaxtyping import Float
from torch import Tensor


def clip_norm(
    peers: Any, gradients: Sequence[Float[Tensor, "..."]], max_norm: float
) -> tuple[float, list[Tensor]]:
    """Length of the whole gradient, of which I hold a part; and my part, scaled to `max_norm`.

    >>> norm, (mine,) = together(clip_norm, [([torch.tensor([3.0])], 1.0),
    ...                                      ([torch.tensor([4.0])], 1.0)])[0]
    >>> norm, mine
    (5.0, tensor([0.6000]))
    """
    # BEGIN SOLUTION
    squares = 0.0
    for gradient in gradients:
        squares += float((gradient.double() ** 2).sum())
    whole = sum(peers.gather(squares))
    norm = math.sqrt(whole)
    scale = 1.0
    if norm > max_norm:
        scale = max_norm / norm
    return norm, [gradient * scale for gradient in gradients]
    # END SOLUTION


# %%
check(clip_norm)

# %%
progress("13_across_four_processes")
