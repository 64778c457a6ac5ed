"""The groups of claims, in the order in which they are measured: what is worth most comes first.

A group is the claims of one row of the README's table and the arms that they need. An arm is a
function from the unit of one seed to what it measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minir1.bench.claims import (
    aha,
    copied,
    critic,
    distill,
    experts,
    pure_rl,
    thinking,
    thresholds_thinking,
)
from minir1.bench.claims import thresholds as first
from minir1.bench.claims import thresholds_cost as cost
from minir1.bench.claims.claim import Claim
from minir1.bench.claims.unit import Unit

Arm = Callable[[Unit], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Group:
    """A row of the README's table of claims."""

    name: str
    says: str
    arms: dict[str, Arm]
    claims: tuple[Claim, ...]


def named(*arms: Arm) -> dict[str, Arm]:
    """Arms by the names of their functions."""
    return {arm.__name__: arm for arm in arms}


AHA = 'an "aha": it goes back, finds the mistake, mends it'

GROUPS = (
    Group(
        "pure RL",
        "pure RL, no human solutions, and reasoning gets better",
        named(
            pure_rl.base,
            pure_rl.zero,
            pure_rl.more_base,
            pure_rl.sft_gold,
            pure_rl.rejection,
            pure_rl.random_reward,
            pure_rl.format_reward,
        ),
        first.PURE_RL,
    ),
    Group(
        "thinking",
        "it takes longer to think, and that helps",
        named(thinking.length_matched, thinking.budgets),
        thresholds_thinking.THINKING,
    ),
    Group("aha", AHA, named(thinking.forced, thinking.planted), first.AHA),
    Group(
        "GRPO",
        "group-relative advantages make RL cheap",
        named(critic.grpo, critic.ppo),
        cost.CRITIC,
    ),
    Group("aha bases", AHA, named(aha.lying, aha.elsewhere, aha.never_retries), first.AHA_BASES),
    Group(
        "experts",
        "a mixture of experts costs less to train and to run",
        named(experts.moe, experts.dense_active, experts.dense_total),
        cost.EXPERTS,
    ),
    Group(
        "distilling",
        "distilling the large into the small beats RL on the small",
        named(distill.distilled, distill.rl_only, distill.both),
        cost.DISTILL,
    ),
    Group("copied", "nothing was copied from other models", dict(copied.ARMS), cost.COPIED),
)
CLAIMS = tuple(claim for group in GROUPS for claim in group.claims)


def group(name: str) -> Group:
    """The group called `name`."""
    for one in GROUPS:
        if one.name == name:
            return one
    there = ", ".join(one.name for one in GROUPS)
    raise ValueError(f"there is no group of claims {name!r}; there are: {there}")
