"""The patients: one healthy run, and what is changed in each broken one.

The healthy run is `laptop`'s RL with 8 questions of 8 rollouts a step, from the base that came with
the package. A case changes one thing: a setting, the base that it starts from, or (a bug) something
around the trainer. `expects` is the finding that the doctor must name first. Two more runs are
healthy and different (`bases.py`): another task, model and base, and a reward that pays for form.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from minir1.bench.clinic import bugs
from minir1.bench.clinic.bases import BASES, healthy, healthy_unit
from minir1.config import Config
from minir1.run.distributed import World
from minir1.stages.reinforce import Pay, by_verdict

STEPS = 16
"""Steps after which what a run does can be told from noise."""
LONG = 32
"""The same for what it does not do: twice the steps, for two windows of `PATIENCE`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One way to break a run, and what the doctor must say of it."""

    change: str
    """What is broken, in words."""
    expects: str
    """The name of the finding that must come first; "" for silence."""
    zero: dict[str, Any] | None = None
    """Fields of `ZeroConfig`."""
    optim: dict[str, Any] | None = None
    """Fields of its optimizer."""
    reward: dict[str, Any] | None = None
    task: dict[str, Any] | None = None
    base: str = "laptop"
    well: Callable[[], Config] = healthy
    """The healthy run that is changed."""
    steps: int = STEPS
    pay: Pay = by_verdict
    world: Callable[[], World] = World

    def config(self, seed: int) -> Config:
        """The healthy run with this change."""
        well, base = self.well(), BASES[self.base]()
        zero = replace(
            well.zero,
            steps=self.steps,
            save_every=self.steps,
            optim=replace(well.zero.optim, **self.optim or {}),
            reward=replace(well.zero.reward, **self.reward or {}),
            **self.zero or {},
        )
        task = replace(well.task, **self.task or {})
        return replace(
            well, seed=seed, zero=zero, task=task, corpus=base.corpus, pretrain=base.pretrain
        )


CASES: dict[str, Case] = {
    "healthy": Case(change="nothing", expects="", steps=LONG),
    "healthy_short": Case(change="nothing, for 16 steps", expects=""),
    "healthy_unit": Case(
        change="nothing, in another task, model and base (the recipe `claim`)",
        expects="",
        base="unit",
        well=healthy_unit,
        steps=40,
    ),
    "healthy_form": Case(
        change="nothing; form is paid as well: 0.5, beside 1 for a right answer",
        expects="",
        reward={"format": 0.5},
        steps=LONG,
    ),
    "lr_10x": Case(
        change="learning rate 3e-3 in place of 3e-4", expects="router_drift", optim={"lr": 3e-3}
    ),
    "lr_zero": Case(
        change="learning rate 3e-7", expects="no_progress", optim={"lr": 3e-7}, steps=LONG
    ),
    "small_budget": Case(
        change="a budget of 40 tokens", expects="truncation", zero={"max_new_tokens": 40}
    ),
    "too_hard": Case(
        change="four numbers, where the base has read of three",
        expects="dead_groups",
        task={"n_numbers": 4},
    ),
    "cold": Case(change="temperature 0.1", expects="dead_groups", zero={"temperature": 0.1}),
    "hot": Case(change="temperature 2", expects="format_failures", zero={"temperature": 2.0}),
    "format_only": Case(
        change="only the format is paid",
        expects="proxy_gap",
        reward={"accuracy": 0.0, "format": 1.0},
        steps=LONG,
    ),
    "own_word": Case(
        change='a verifier that believes a "yes" in the thinking: harmless while checks are honest',
        expects="",
        pay=bugs.own_word,
    ),
    "upside_down": Case(
        change="the sign of the reward is lost",
        expects="proxy_gap",
        pay=bugs.upside_down,
        steps=LONG,
    ),
    "neighbour": Case(
        change="each rollout is paid for the one before it",
        expects="no_progress",
        pay=bugs.neighbour,
        steps=LONG,
    ),
    "coin": Case(
        change="the toss of a coin is paid", expects="proxy_gap", pay=bugs.coin, steps=LONG
    ),
    "flipped_bit": Case(
        change="a bit of one weight flips at step 10", expects="not_finite", world=bugs.FlippedBit
    ),
    "hot_sampler": Case(
        change="the sampler has another temperature than the trainer",
        expects="mismatch",
        world=bugs.HotSampler,
    ),
    "late_sampler": Case(
        change="the sampler gets new weights every fourth step",
        expects="mismatch",
        world=bugs.LateSampler,
    ),
    "forgetful_sampler": Case(
        change="the sampler's cache loses every eighth row",
        expects="mismatch",
        world=bugs.ForgetfulSampler,
    ),
    "minibatches": Case(
        change="32 updates from one batch of rollouts",
        expects="clipping",
        zero={"minibatches": 32},
    ),
    "kl_huge": Case(
        change="a KL term of weight 10", expects="no_progress", zero={"kl_coef": 10.0}, steps=LONG
    ),
    "bias_moves": Case(
        change="the routers' bias moves by 0.05 an update",
        expects="router_drift",
        optim={"bias_update_speed": 0.05},
    ),
    "unbalanced": Case(
        change="a base that was trained without balancing",
        expects="dead_experts",
        base="unbalanced",
    ),
    "untrained": Case(
        change="a base that has read for 100 steps", expects="dead_groups", base="untrained"
    ),
    "lying": Case(
        change="a base whose checks lie", expects="no_progress", base="lying", steps=LONG
    ),
    "length_punished": Case(
        change="every token costs",
        expects="thinking_shrinks",
        reward={"overlong": 10.0, "overlong_buffer": 1.0},
    ),
}
"""By name. What each expects was written down before the judged seeds were run."""
