"""The cost of one GRPO step: ours against TRL's GRPOTrainer on the twin model.

A step is rollouts, rewards and update. What is compared is CPU seconds (user and system, all
threads): on two cores a person pays for those, and they hardly change when the machine is
busy. Each turn starts both sides from the same base again, so that lengths stay alike.
"""

import copy
import statistics
from pathlib import Path

import torch

from minir1.bench.base import base
from minir1.bench.clock import Repeat, Ticks
from minir1.bench.learners import comparable, learn_minir1, learn_trl
from minir1.bench.rows import Row, row
from minir1.bench.twin import need


def main(
    recipe: str = "laptop",
    run: Path | None = None,
    repeats: int = 3,
    steps: int = 3,
    micro_batch: int = 64,
    threads: int = 0,
) -> list[Row]:
    """One whole GRPO step, ours against TRL's GRPOTrainer.

    Args:
        recipe: whose model, task, base and step
        run: take the base of this finished run; without it, one is trained in runs/bench-RECIPE
        repeats: turns of each side
        steps: steps in a turn that are measured, after one that warms up
        micro_batch: TRL's rollouts in one forward and backward pass
        threads: CPU threads of both sides; 0 leaves the choice to torch
    """
    need("transformers", "trl", "accelerate", "datasets")
    if threads:
        torch.set_num_threads(threads)
    config, policy = base(recipe, run)
    config = comparable(config)
    sides: dict[str, list[Repeat]] = {"minir1": [], "TRL GRPOTrainer": []}
    for _ in range(repeats):
        ticks = Ticks(steps + 1)
        learn_minir1(copy.deepcopy(policy), config, ticks)
        sides["minir1"].append(per_step(ticks.each_step()))
        ticks = Ticks(steps + 1)
        learn_trl(policy, config, ticks, micro_batch)
        sides["TRL GRPOTrainer"].append(per_step(ticks.each_step()))
    zero = config.zero
    settings = {
        "questions": zero.questions_per_step,
        "group_size": zero.group_size,
        "max_new_tokens": zero.max_new_tokens,
        "minibatches": zero.minibatches,
        "steps_a_repeat": steps,
        "micro_batch": micro_batch,
    }
    measured = {name: {"repeats": turns} for name, turns in sides.items()}
    return [row("grpo_step", "one step", config, settings=settings, sides=measured)]


def per_step(steps: list[Repeat]) -> Repeat:
    """The mean step of one turn.

    >>> per_step([{"seconds": 1.0}, {"seconds": 3.0}])
    {'seconds': 2.0}
    """
    return {name: statistics.fmean(one[name] for one in steps) for name in steps[0]}
