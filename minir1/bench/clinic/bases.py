"""What the patients were before they were broken: two healthy runs, and the bases they start from.

A base is one of the published run, or is trained when it is first needed: too little, on checks
that lie, or without balancing.
"""

from collections.abc import Callable
from dataclasses import replace

from minir1 import recipes
from minir1.config import Config

MORE = 4800
"""Steps after which a base that goes on from the published one has read enough."""


def healthy() -> Config:
    """The run that every case changes in one place."""
    laptop = recipes.laptop()
    return alone(replace(laptop, zero=replace(laptop.zero, questions_per_step=8, group_size=8)))


def healthy_unit() -> Config:
    """Another healthy run: fewer operators, another model and base, groups of 16."""
    return alone(recipes.claim())


def alone(recipe: Config) -> Config:
    """A recipe's RL on one core, without evaluations on the way."""
    return replace(
        recipe,
        name="clinic",
        device="cpu",
        threads=1,
        eval=replace(recipe.eval, every=0),
        keep_checkpoints=1,
    )


def untrained() -> Config:
    """A base that has read for 100 steps in place of 4,500."""
    laptop = recipes.laptop()
    return replace(laptop, pretrain=replace(laptop.pretrain, steps=100))


def lying() -> Config:
    """The published base, after 300 more steps on checks that toss a coin (`laptop_lying`)."""
    control = recipes.laptop_lying()
    return replace(control, pretrain=replace(control.pretrain, steps=MORE))


def unbalanced() -> Config:
    """A base whose experts nobody kept busy, after 300 steps."""
    laptop = recipes.laptop()
    optim = replace(laptop.pretrain.optim, bias_update_speed=0.0, balance_coef=0.0)
    return replace(laptop, pretrain=replace(laptop.pretrain, steps=300, optim=optim))


BASES: dict[str, Callable[[], Config]] = {
    "laptop": recipes.laptop,
    "unit": recipes.claim,
    "untrained": untrained,
    "lying": lying,
    "unbalanced": unbalanced,
}
"""`laptop` is the published one; the others are trained when they are first needed."""
GOES_ON = ("lying",)
"""The bases that start from the published one."""
