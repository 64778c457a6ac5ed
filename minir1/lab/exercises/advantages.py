"""Lesson 07: advantages, and the family of losses around one ratio and one clip."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.rl.advantage import group_advantages

NOTEBOOK = "07_advantages_and_losses"


def live_rewards(draw: Draw, *shape: int) -> Tensor:
    """Rewards of groups that all have a spread."""
    rewards = draw.normal(*shape)
    rewards[:, 0] += 3.0
    return rewards


def reward_cases(kind: str, draw: Draw) -> Iterator[Case]:
    """Groups of several sizes; one group alone, so that a mean over groups can't hide."""
    for prompts, size in ((draw.randint(3, 5), draw.randint(3, 7)), (1, 5), (4, 2)):
        yield Case((live_rewards(draw, prompts, size), kind))
    yield Case((0.02 * live_rewards(draw, 2, 6), kind))  # where the place of eps is seen
    zero_one = draw.coins(3, 6).float()
    zero_one[:, 0], zero_one[:, 1] = 1.0, 0.0
    yield Case((zero_one, kind))


def dead_cases(draw: Draw) -> Iterator[Case]:
    """Groups whose rewards are all equal, beside live ones; .1 and .7 have no exact mean."""
    for kind in ("grpo", "dr_grpo", "rloo"):
        for size in (3, 7, 13):
            rewards = live_rewards(draw, 4, size)
            rewards[1], rewards[2] = 0.1, 0.7
            yield Case((rewards, kind), judge=exact_zeros)


def exact_zeros(value: object) -> str:
    """A dead group teaches nothing: its advantages are 0, not nearly 0."""
    if not isinstance(value, Tensor) or value.ndim != 2 or value.shape[0] != 4:
        return "judge.not_a_table"
    if bool(value[[1, 2]].any()):
        return "judge.dead_group_shouts"
    return "" if bool(value[[0, 3]].any(-1).all()) else "judge.live_group_silent"


GROUP_ADVANTAGES = Exercise(
    of=group_advantages,
    notebook=NOTEBOOK,
    difficulty=2,
    importance=5,
    minutes=15,
    parts=(
        Part("grpo", 2, lambda draw: reward_cases("grpo", draw)),
        Part("dr_grpo", 1, lambda draw: reward_cases("dr_grpo", draw)),
        Part("rloo", 1, lambda draw: reward_cases("rloo", draw)),
        Part("dead_groups", 1, dead_cases),
    ),
    mistakes={
        "batch_mean": Edit("mean = sum(group) / size", "mean = rewards.mean()"),
        "biased_std": Edit("/ (size - 1)) ** 0.5", "/ size) ** 0.5"),
        "no_std": Edit("centred / (std + STD_EPS)", "centred"),
        "eps_inside_root": Edit("/ (size - 1)) ** 0.5", "/ (size - 1) + STD_EPS) ** 0.5"),
        "sign": Edit("centred = group - mean", "centred = mean - group"),
        "rloo_without_factor": Edit("centred * size / (size - 1)", "centred"),
        "only_first_group": Edit(
            "for group in rewards:", "for group in rewards[:1].expand_as(rewards):"
        ),
        "dead_groups_noise": Edit("if bool((group == group[0]).all()):", "if False:"),
    },
)

EXERCISES = (GROUP_ADVANTAGES,)
