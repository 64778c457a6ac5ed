"""All rules, in the order in which their findings are best read: causes before symptoms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minir1.run.doctor import machinery, policy, rollouts
from minir1.run.doctor.diary import WINDOW, Diary
from minir1.run.doctor.finding import Finding

RULES: tuple[Callable[[Diary], Finding | None], ...] = (
    machinery.not_finite,
    machinery.mismatch,
    machinery.dead_experts,
    policy.clipping,
    machinery.router_drift,
    rollouts.format_failures,
    rollouts.truncation,
    rollouts.proxy_gap,
    rollouts.dead_groups,
    policy.entropy_explosion,
    policy.entropy_collapse,
    policy.kl_pull,
    policy.reward_fell,
    policy.no_progress,
    policy.thinking_shrinks,
)


def examine(rows: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """What is wrong with an RL run, from the rows of its diary (other stages' are ignored).

    A number that is not finite is found at once; everything else needs a window of steps.
    """
    diary = Diary([row for row in rows if "reward" in row])
    if len(diary) < WINDOW:
        found = machinery.not_finite(diary)
        return [found] if found else []
    return [finding for rule in RULES if (finding := rule(diary)) is not None]
