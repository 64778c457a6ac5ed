"""Time to the same reward: both learn the same task from the same base, on a budget.

Each side has the same minutes of wall clock, one after the other, so that neither takes the
other's cores. The row holds the whole curve of each: seconds, CPU seconds, reward and length
after each step. The table reads from it when each side first held a given reward; a noisy
step doesn't count, the mean of five does.
"""

import copy
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from minir1.bench.base import base
from minir1.bench.clock import Ticks
from minir1.bench.learners import comparable, learn_minir1, learn_trl
from minir1.bench.rows import Row, row
from minir1.bench.twin import need

WINDOW = 5
"""Steps over which the reward is averaged."""


def main(
    recipe: str = "laptop",
    run: Path | None = None,
    minutes: float = 5.0,
    steps: int = 0,
    micro_batch: int = 64,
    threads: int = 0,
) -> list[Row]:
    """Reward against time, ours and TRL's, from the same base on the same problems.

    Args:
        recipe: whose model, task, base and settings
        run: take the base of this finished run; without it, one is trained in runs/bench-RECIPE
        minutes: the budget of each side
        steps: most steps of each side; 0 means those of the recipe
        micro_batch: TRL's rollouts in one forward and backward pass
        threads: CPU threads of both sides; 0 leaves the choice to torch
    """
    need("transformers", "trl", "accelerate", "datasets")
    if threads:
        torch.set_num_threads(threads)
    config, policy = base(recipe, run)
    config = comparable(config)
    steps = steps or config.zero.steps
    ours, theirs = Ticks(steps, minutes), Ticks(steps, minutes)
    learn_minir1(copy.deepcopy(policy), config, ours)
    learn_trl(policy, config, theirs, micro_batch)
    curves = {"minir1": {"curve": ours.rows}, "TRL GRPOTrainer": {"curve": theirs.rows}}
    settings = {"minutes": minutes, "steps": steps, "micro_batch": micro_batch}
    return [row("race", "reward against time", config, settings=settings, sides=curves)]


def smooth(curve: Sequence[Mapping[str, float]]) -> list[float]:
    """The mean reward of the last WINDOW steps, after each step.

    >>> smooth([{"reward": 0.0}, {"reward": 1.0}])
    [0.0, 0.5]
    """
    rewards = [step["reward"] for step in curve]
    return [statistics.fmean(rewards[max(0, i + 1 - WINDOW) : i + 1]) for i in range(len(rewards))]


def reached(curve: Sequence[Mapping[str, float]], reward: float) -> float | None:
    """CPU seconds until the mean of WINDOW steps first was `reward`; None if it never was.

    >>> steps = [{"reward": one, "cpu_seconds": 1.0 + i} for i, one in enumerate([0.9] + [0.4] * 5)]
    >>> reached(steps, 0.5), reached(steps, 0.6)
    (5.0, None)
    """
    means = list(zip(curve, smooth(curve), strict=True))
    return next((step["cpu_seconds"] for step, mean in means[WINDOW - 1 :] if mean >= reward), None)
