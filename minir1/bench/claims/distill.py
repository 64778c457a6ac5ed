"""Claim: distilling the large into the small beats RL on the small, at equal total compute.

    student       a small dense base, which has read what the teacher's base has read
    distilled     it learns the teacher's right samples
    rl_only       GRPO on it, until it has cost as much as `distilled`, the teacher's RL included
    both          distilled, then GRPO, which comes on top of the sum

The teacher is the unit's R1-Zero. Its own base is not in the sum: neither is the base of the
small model, and both would be there without this comparison.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

from minir1.bench.claims.learn import cost_of, read, reinforce
from minir1.bench.claims.pure_rl import as_documents, sampled, tuning
from minir1.bench.claims.unit import Kept, Unit
from minir1.text.corpus import Document

Row = dict[str, Any]
AT_MOST = 4
"""Right samples of one prompt that are learned."""


def student(unit: Unit) -> Kept:
    """The small base."""
    return unit.base("student", unit.config.pipeline.student)


def teacher_texts(unit: Unit) -> tuple[Iterator[Document], int]:
    """The teacher's right samples, over and over, and the FLOPs that they cost with its RL."""
    teacher = unit.zero()
    cost = cost_of(teacher.model)
    steps = max(1, unit.config.zero.steps // 4)
    kept = as_documents(unit, list(sampled(unit, teacher.model, cost, steps)), AT_MOST)
    unit.rng("teacher").shuffle(kept)
    return cycle(kept), teacher.cost.flops + cost.flops


def distil(unit: Unit) -> tuple[Kept, int]:
    """The student after learning; and what that cost, its teacher's RL and samples included."""

    def make() -> Kept:
        texts, taught = teacher_texts(unit)
        model, settings = student(unit).model, unit.config.pipeline.distill
        cost, size = cost_of(model), settings.sequences_per_step
        read(model, texts, tuning(unit), cost, sequences=size, steps=settings.steps)
        return Kept(model, cost, {"taught": taught})

    kept = unit.kept("distilled", make)
    return kept, kept.notes["taught"] + kept.cost.flops


def distilled(unit: Unit) -> Row:
    """Before and after learning from the teacher."""
    kept, total = distil(unit)
    row = unit.judge(kept.model) | {"cost": kept.cost.to_json(), "total_flops": total}
    return row | {"base/pass@1": unit.judge(student(unit).model)["pass@1"]}


def rl_only(unit: Unit) -> Row:
    """RL on the small model for the whole sum; half of the way is looked at, too."""
    _, total = distil(unit)
    policy = student(unit).model
    cost, seen = cost_of(policy), {}
    for share in (0.5, 1.0):
        reinforce(policy, unit.config, unit.seed, cost, flops=share * total)
        seen[share] = unit.judge(policy)
    row = seen[1.0] | {"cost": cost.to_json(), "total_flops": total}
    return row | {"half/pass@1": seen[0.5]["pass@1"]}


def both(unit: Unit) -> Row:
    """Distilled, then RL for as many steps as the teacher had; its sum is larger by them."""
    kept, total = distil(unit)
    cost = cost_of(kept.model)
    reinforce(kept.model, unit.config, unit.seed, cost)
    row = unit.judge(kept.model) | {"cost": cost.to_json()}
    return row | {"total_flops": total + cost.flops}
