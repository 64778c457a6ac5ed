"""Lesson 07: advantages, and the family of losses around one ratio and one clip."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.lab.grader.trials import kill
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
    if not value.is_floating_point() or bool((value.sum(-1).abs() > 1e-3).any()):
        return "judge.no_sum_of_zero"
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
    same={"20:32: 0 -> 1": "all rewards are compared with one of them; which one is the same"},
)

SUBJECT = """
import torch

def group_advantages(rewards, kind="grpo"):
    centred = rewards - rewards.mean(-1, keepdim=True)
    if kind == "rloo":
        advantages = centred * rewards.shape[-1] / (rewards.shape[-1] - 1)
    elif kind == "grpo":
        advantages = centred / (rewards.std(-1, keepdim=True) + 1e-4)
    else:
        advantages = centred
    dead = (rewards == rewards[..., :1]).all(-1, keepdim=True)
    return torch.where(dead, 0.0, advantages)
"""
"""What the learner's test is tried on: right as it is, wrong with one of the edits below."""
WRONG = {
    "sign": Edit("centred = rewards - rewards.mean(-1, keepdim=True)",
                 "centred = rewards.mean(-1, keepdim=True) - rewards"),
    "batch_mean": Edit("rewards.mean(-1, keepdim=True)", "rewards.mean()"),
    "biased_std": Edit("std(-1, keepdim=True)", "std(-1, keepdim=True, correction=0)"),
    "zeros": Edit("torch.where(dead, 0.0, advantages)", "torch.zeros_like(rewards)"),
    "no_std": Edit("centred / (rewards.std(-1, keepdim=True) + 1e-4)", "centred"),
    "rloo": Edit("centred * rewards.shape[-1] / (rewards.shape[-1] - 1)", "centred"),
    "dead": Edit("torch.where(dead, 0.0, advantages)", "advantages"),
}  # fmt: skip


TEST_GROUP_ADVANTAGES = Exercise(
    of=None,
    name="test_group_advantages",
    notebook=NOTEBOOK,
    difficulty=3,
    importance=4,
    minutes=25,
    needs=("group_advantages",),
    parts=tuple(
        kill(name, "group_advantages", [SUBJECT], edit.apply(SUBJECT))
        for name, edit in WRONG.items()
    ),
    mistakes={
        "never_rloo": Edit('("grpo", "dr_grpo", "rloo")', '("grpo", "dr_grpo")'),
        "no_dead_group": Edit("[0.1] * 7]", "[1.0, 0, 0, 1, 0, 0, 0]]"),
        "one_group": Edit("torch.tensor(TABLE)", "torch.tensor(TABLE[:1])"),
        "loose": Edit("assert_close(got, want)", "assert_close(got, want, rtol=0.0, atol=0.5)"),
        "always_fails": Edit("assert_close(got, want)", "assert_close(got, want + 1)"),
        "returns_a_bool": Edit("assert_close(got, want)", "torch.allclose(got, want)"),
    },
    same={
        "16:19: got[~live.flatten()].any -> got[~live.flatten()].all": "the noise of a dead group "
        "stands at all its rollouts",
    },
)

EXERCISES = (GROUP_ADVANTAGES, TEST_GROUP_ADVANTAGES)
