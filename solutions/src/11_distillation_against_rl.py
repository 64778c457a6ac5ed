# %% [markdown]
# # Exercises 11: distil, and count honestly
#
# A teacher's probabilities ([minir1/rl/distillation.py](../minir1/rl/distillation.py)), the order of a small file
# ([minir1/stages/sft.py](../minir1/stages/sft.py)), and the bill of a student with its teacher on it
# ([minir1/run/route.py](../minir1/run/route.py)).

# %%
from minir1.lab.desk import check, hint, peek, progress, solution

progress("11_distillation_against_rl")

# %% [markdown]
# ## 1. `distillation_loss`
#
# Per token, the divergence from the teacher's distribution to the student's, both softened by a temperature T:
#
#     L = T^2 * mean over the marked tokens of  sum_v p_v (log p_v - log q_v)
#     p = softmax(teacher / T),  q = softmax(student / T)
#
# The sum goes over all words v; `mask` marks tokens. The teacher is not trained. Where nothing is marked, the loss is 0.

# %%
import torch
from jaxtyping import Bool, Float
from torch import Tensor


def distillation_loss(
    student: Float[Tensor, "B T V"],
    teacher: Float[Tensor, "B T V"],
    mask: Bool[Tensor, "B T"],
    temperature: float = 1.0,
) -> Float[Tensor, ""]:
    """How far the student's next-token distributions are from the teacher's, where `mask` is.

    >>> logits = torch.tensor([[[0.0, 1.0], [2.0, 0.0]]])
    >>> mask = torch.tensor([[True, False]])
    >>> round(float(distillation_loss(logits.flip(-1), logits, mask)), 4)
    0.4621
    """
    # BEGIN SOLUTION
    log_p = torch.log_softmax(teacher.detach() / temperature, dim=-1)
    log_q = torch.log_softmax(student / temperature, dim=-1)
    each = (log_p.exp() * (log_p - log_q)).sum(dim=-1)
    kept = torch.where(mask, each, 0.0)
    return temperature**2 * kept.sum() / mask.sum().clamp_min(1)
    # END SOLUTION


# %%
check(distillation_loss)

# %% [markdown]
# ## 2. `part_of_epoch`
#
# A small file is read over and over. Step s takes the places s * size up to (s + 1) * size of an endless row: epoch
# after epoch, each in an order of its own. The order of an epoch is `list(range(len(items)))`, shuffled by
# `random.Random(f"{seed}/{epoch}")`, with epochs counted from 0. Nothing is left out at the end of an epoch: a step may hold its last items and the
# first of the next. And nothing is remembered from step to step, so a run that was killed goes on in the same order.

# %%
import random
from collections.abc import Sequence

from minir1.stages.sft import Item


def part_of_epoch(items: Sequence[Item], size: int, step: int, seed: str) -> list[Item]:
    """The items of one step. Each epoch has an order of its own, and no item is left out.

    >>> both = [part_of_epoch("abc", 2, step, "0") for step in (0, 1, 2)]
    >>> sorted("".join(map("".join, both)))
    ['a', 'a', 'b', 'b', 'c', 'c']
    """
    # BEGIN SOLUTION
    picked = []
    for place in range(step * size, (step + 1) * size):
        epoch = place // len(items)
        order = list(range(len(items)))
        random.Random(f"{seed}/{epoch}").shuffle(order)
        picked.append(items[order[place % len(items)]])
    return picked
    # END SOLUTION


# %%
check(part_of_epoch)

# %% [markdown]
# ## 3. `route_flops`
#
# What did the student cost? Its own stage, the stage whose weights it started from, the stage whose samples it learned
# from, the drawing of these samples, and whatever all of those came from. `parents` names whose weights a stage starts from,
# `teachers` whose samples it learns from. Samples stand in `costs` as `"samples of TEACHER"`. What is on the route twice is
# paid once; what has no entry costs 0; what isn't on the route doesn't count.

# %%
from collections.abc import Mapping

from minir1.run.route import Links


def route_flops(
    stage: str, costs: Mapping[str, int | float], parents: Links, teachers: Links
) -> int | float:
    """The FLOPs of a whole route: of each stage on it, and of the samples drawn from its teachers.

    Samples stand in `costs` as "samples of TEACHER". Whatever is on the route twice is paid once.

    >>> costs = {"base": 100, "r1": 50, "small": 10, "student": 5, "samples of r1": 20}
    >>> route_flops("student", costs, {"student": "small", "r1": "base"}, {"student": "r1"})
    185
    """
    # BEGIN SOLUTION
    names = []
    todo = [stage]
    while todo:
        one = todo.pop()
        if one in names:
            continue
        names.append(one)
        if one in parents:
            todo.append(parents[one])
        if one in teachers:
            todo.append(teachers[one])
            samples = f"samples of {teachers[one]}"
            if samples not in names:
                names.append(samples)
    return sum(costs.get(name, 0) for name in names)
    # END SOLUTION


# %%
check(route_flops)

# %%
progress("11_distillation_against_rl")
