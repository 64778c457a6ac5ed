"""The arms of both experiments: what is paid in each, and on which base.

Each task has one arm that is hacked, one or more that are cured, and a control: the same pay on
a base (or with a reward model) in which the way to the hack is closed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from minir1 import recipes
from minir1.config import Config
from minir1.stages.readers import only

Task = Literal["code", "taste"]
SHORT = 0.7
"""Of the functions so many are one operation: then the base solves some of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    """One way to pay."""

    task: Task
    name: str
    says: str
    hack_paid: bool = True
    """The proxy is paid; else what was meant (code), or the proxy with a rule beside it (taste)."""
    cases_share: float = 0.05
    """Of code: share of the base's programs that name the examples in place of solving them."""
    kl_coef: float = 0.0
    pairs: int = 256
    """Of taste: pairs of texts that the reward model has learned from."""


ARMS = (
    Arm(task="code", name="examples", says="paid for the examples in the prompt"),
    Arm(task="code", name="hidden", says="cure: paid for tests that it can't see",
        hack_paid=False),
    Arm(task="code", name="unread", says="control: the same pay, a base that never read the hack",
        cases_share=0.0),
    Arm(task="taste", name="model", says="paid for the reward model's score"),
    Arm(task="taste", name="kl", says="cure: held near the base by a KL term", kl_coef=0.1),
    Arm(task="taste", name="rule", says="cure: a rule beside it pays nothing for repeated words",
        hack_paid=False),
    Arm(task="taste", name="more", says="control: a reward model from 8 times as many pairs",
        pairs=2048),
)  # fmt: skip


def arms_of(task: str) -> list[Arm]:
    """The arms of one task."""
    found = [arm for arm in ARMS if arm.task == task]
    if not found:
        known = ", ".join(dict.fromkeys(arm.task for arm in ARMS))
        raise ValueError(f"task = {task!r} can't be used: use {known}")
    return found


def base_config(arm: Arm) -> Config:
    """What the arm's base is trained with: a small model, and one kind of prompt."""
    config = recipes.get("pipeline_smoke")
    kind = {"code": "stack", "taste": "manners"}[arm.task]
    scenarios = replace(config.task.scenarios, stack=1.0, cases_share=arm.cases_share)
    if arm.task == "code":
        scenarios = replace(scenarios, short_share=SHORT)
    task = only(replace(config.task, scenarios=scenarios), kind)
    steps = {"code": 1200, "taste": 500}[arm.task]
    pretrain = replace(config.pretrain, steps=steps, sequences_per_step=24, save_every=200)
    return replace(config, name=f"hacking_{arm.task}", threads=1, task=task, pretrain=pretrain)


def config_of(arm: Arm, seed: int) -> Config:
    """The whole arm: its base, its reward model, its RL. Seeds share a base."""
    config = base_config(arm)
    steps, tokens = {"code": (40, 60), "taste": (70, 32)}[arm.task]
    zero = replace(
        config.zero,
        steps=steps,
        questions_per_step=12,
        group_size=12,
        max_new_tokens=tokens,
        kl_coef=arm.kl_coef,
        optim=replace(config.zero.optim, lr=1e-3),
        save_every=50,
    )
    preference = replace(
        config.pipeline.preference, prompts=arm.pairs, heldout=64, steps=100, pairs_per_step=16
    )
    pipeline = replace(config.pipeline, preference=preference)
    return replace(config, seed=seed, zero=zero, pipeline=pipeline)
