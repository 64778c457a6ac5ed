"""`plan`: everything that is known of a recipe before it runs, in one value.

In the prompt's journey: before the first prompt, and before the first cent.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from minir1.config import Config
from minir1.model.count import active_parameters, parameters
from minir1.plan.chips import Chip
from minir1.plan.disk import Disk, disk
from minir1.plan.fits import cure, peaks, too_much
from minir1.plan.hours import hours, step_seconds, training_flops
from minir1.plan.memory import RESERVE
from minir1.plan.traffic import by_link, one_pass, replica
from minir1.plan.workload import Assumptions, Workload, workload


@dataclass(frozen=True, slots=True)
class Plan:
    """What a recipe needs and costs. Bytes are of one GPU, and of one step."""

    recipe: str
    chip: Chip
    gpus: int
    parameters: int
    active_parameters: int
    memory: dict[str, dict[str, float]]
    """Bytes by kind, at the peak of sampling and at the peak of training."""
    too_much: dict[str, float]
    cure: list[str] | None
    """Options that make it fit; an empty list if it does, None if nothing here helps."""
    work: Workload
    traffic: dict[str, float]
    disk: Disk
    flops: float
    """Of the training of one step, of all GPUs."""
    seconds: dict[str, float]
    """Of one step."""
    hours: dict[str, float]
    price: float
    """Dollars of one GPU and hour."""
    assumed: Assumptions

    @property
    def total_hours(self) -> float:
        return sum(self.hours.values())

    @property
    def dollars(self) -> float:
        return self.total_hours * self.gpus * self.price

    @property
    def tokens_a_second(self) -> dict[str, float]:
        """Of all GPUs: written while it samples, trained while it trains."""
        written = self.work.rollouts * self.work.mean_length
        return {
            "sampling": written / self.seconds["sampling"],
            "training": self.work.tokens / self.seconds["training"],
        }

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        totals = {"total_hours": self.total_hours, "dollars": self.dollars}
        return asdict(self) | totals | {"tokens_a_second": self.tokens_a_second}


def plan(
    config: Config,
    chip: Chip,
    gpus: int | None = None,
    price: float | None = None,
    assumed: Assumptions | None = None,
) -> Plan:
    """Plan a recipe by closed formulas, in less than a second."""
    gpus, assumed = gpus or config.gpus, assumed or Assumptions()
    work = workload(config, gpus, assumed)
    once = one_pass(config, gpus, work.micro_batch_tokens)
    traffic = {
        "all-gather, one pass": once.all_gather,
        "reduce-scatter, one pass": once.reduce_scatter,
        "all-to-all, one pass": once.all_to_all,
        "replica": replica(config, gpus),
    }
    return Plan(
        recipe=config.name,
        chip=chip,
        gpus=gpus,
        parameters=parameters(config.model),
        active_parameters=active_parameters(config.model),
        memory=peaks(config, gpus, assumed),
        too_much=too_much(config, chip, gpus, assumed),
        cure=cure(config, chip, gpus, assumed),
        work=work,
        traffic=traffic | by_link(config, gpus, work),
        disk=disk(config),
        flops=training_flops(config, work),
        seconds=step_seconds(config, chip, gpus, assumed),
        hours=hours(config, chip, gpus, assumed),
        price=chip.dollars_per_hour if price is None else price,
        assumed=assumed,
    )


def headline(one: Plan) -> str:
    """One line: what it takes, and whether it fits."""
    room = one.chip.memory * (1 - RESERVE) / 1e9
    peak = max(sum(kinds.values()) for kinds in one.memory.values()) / 1e9
    verdict = "fits" if not one.too_much else "does NOT fit"
    cents = 2 if one.dollars < 10 else 0
    return (
        f"{one.recipe} on {one.gpus} x {one.chip.name}: {one.total_hours:.1f} hours, "
        f"${one.dollars:,.{cents}f} at ${one.price:g} a GPU and hour; "
        f"{peak:.1f} of {room:.0f} GB: {verdict}"
    )
