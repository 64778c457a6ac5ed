"""Whole steps of RL on trial, by the functions of a run: rollouts, verdicts, an update, timed.

    minir1 preflight gpu_1 --steps 3

The model is the recipe's own base, or its random weights. The first step warms up and counts for
nothing; of the others the median does, on the slowest process.

    tokens a second    written while it samples, trained while it trains, by all processes
    MFU                the FLOPs that training needs / (seconds * the peak of all chips)
    bytes              the most that torch held at once on one GPU, in either phase

No plan knows how long prompts and answers are, and random weights end an answer by chance. So the
plan is made again with the lengths that were seen, and like stands beside like. Only the memory
for sampling is a bound: the plan takes every answer for the longest.

In the prompt's journey: before it, all of it once, on the machine that it will be made on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean, median

import torch

from minir1.bench.preflight import LARGEST_UNPLANNED, Check, judge
from minir1.config import Config
from minir1.model.count import parameters
from minir1.plan.chips import Chip
from minir1.plan.recipe import Plan, plan
from minir1.plan.workload import Assumptions
from minir1.rl.batch import all_groups
from minir1.rl.groups import sample_groups
from minir1.rl.step import grpo_step
from minir1.rl.types import Group
from minir1.run.distributed import World
from minir1.run.models import new_model, tokenizer_of
from minir1.run.optim import build_optimizer
from minir1.run.served import rollouts_of
from minir1.stages.zero import problem_seed
from minir1.tasks import make_task

PHASES = ("sampling", "training")
MEMORY_SLACK = 0.1
"""A phase may hold this share more than its plan, which leaves as much to the allocator."""


@dataclass(slots=True)
class Steps:
    """What whole steps took, step by step."""

    prompt: list[float] = field(default_factory=list)
    """Mean tokens of a prompt."""
    completion: list[float] = field(default_factory=list)
    """Mean tokens of an answer."""
    rollouts: int = 0
    """Of one step, of all processes."""
    seconds: dict[str, list[float]] = field(default_factory=lambda: {one: [] for one in PHASES})
    peak: dict[str, list[float]] = field(default_factory=lambda: {one: [] for one in PHASES})
    """Bytes on one GPU; nothing on a CPU."""

    def second(self, phase: str) -> float:
        """Seconds of one phase of a step."""
        return median(self.seconds[phase])

    def step(self) -> float:
        """Seconds of both phases together."""
        return sum(map(self.second, PHASES))

    def lengths(self) -> str:
        """Of prompts and answers, in words."""
        prompt, completion = fmean(self.prompt), fmean(self.completion)
        return f"prompts of {prompt:.0f} tokens, answers of {completion:.0f}"

    def tokens_a_second(self) -> dict[str, float]:
        """Written while it samples; trained, with their prompts, while it trains."""
        written = self.rollouts * fmean(self.completion)
        trained = written + self.rollouts * fmean(self.prompt)
        return {
            "sampling": written / self.second("sampling"),
            "training": trained / self.second("training"),
        }


def whole_steps(config: Config, out: Path, world: World, count: int) -> Steps:
    """Make `count` steps of RL after one that warms up; nothing is saved."""
    zero = replace(config.zero, dynamic_sampling=0)  # weights at random make dead groups
    device = world.device(config.device)
    workers = world.workers(config.threads, device)
    tokenizer, task = tokenizer_of(config), make_task(config.task)
    policy = world.place(lambda: new_model(config, torch.device("cpu")), config, device)
    reference = world.twin(policy, config, device) if zero.kl_coef > 0 else None
    optimizer = build_optimizer(policy, zero.optim)
    rollouts, seen = rollouts_of(config, zero, out, tokenizer, "zero", world), Steps()
    for step in range(count + 1):
        problems = task.problems("train", problem_seed(config.seed, step))
        with timed(seen, "sampling", world, device), world.replica(policy) as whole:
            groups, _ = sample_groups(
                whole,
                tokenizer,
                task,
                problems,
                zero,
                seed=config.seed,
                step=step,
                peers=world,
                sampler=rollouts.sampler(whole, step),
            )
        with timed(seen, "training", world, device):
            groups, _ = rollouts.corrected(policy, groups, workers)
            grpo_step(
                policy,
                optimizer,
                groups,
                zero,
                reference=reference,
                fixed_length=zero.budget(step),
                seed=str(step),
                pad_id=tokenizer.pad_id,
                workers=workers,
                peers=world,
            )
            optimizer.zero_grad()
        note_lengths(seen, groups)
    for one in (seen.prompt, seen.completion, *seen.seconds.values(), *seen.peak.values()):
        del one[:1]  # the first step's: it warms up
    return seen


@contextmanager
def timed(seen: Steps, phase: str, world: World, device: torch.device) -> Iterator[None]:
    """Write down the phase's seconds and its peak, of the slowest and of the fullest process."""
    on_gpu = device.type == "cuda"
    if on_gpu:
        torch.cuda.reset_peak_memory_stats(device)
    started = time.perf_counter()
    yield
    if on_gpu:
        torch.cuda.synchronize(device)
        seen.peak[phase].append(max(world.gather(float(torch.cuda.max_memory_allocated(device)))))
    seen.seconds[phase].append(max(world.gather(time.perf_counter() - started)))


def note_lengths(seen: Steps, groups: list[Group]) -> None:
    """How long prompts and answers were."""
    rollouts = all_groups(groups)
    seen.rollouts = len(rollouts)
    seen.prompt.append(fmean(len(one.prompt_ids) for one in rollouts))
    seen.completion.append(fmean(len(one.completion_ids) for one in rollouts))


def plan_of(config: Config, chip: Chip, processes: int, seen: Steps) -> Plan:
    """The plan, of prompts and answers as long as those that were seen."""
    share = fmean(seen.completion) / config.zero.max_new_tokens
    assumed = Assumptions(mean_length_share=share, prompt_tokens=round(fmean(seen.prompt)))
    return plan(config, chip, processes, assumed=assumed)


def utilisation(planned: Plan, seconds: float) -> float:
    """MFU: the FLOPs of one step's training over what the chips could have done in that time."""
    return planned.flops / (seconds * planned.gpus * planned.chip.flops)


def judged_steps(
    config: Config, out: Path, world: World, against: Chip | None, count: int
) -> list[Check]:
    """Steps as a run makes them, beside the plan of answers of the same length."""
    size = parameters(config.model)
    if against is None and size > LARGEST_UNPLANNED:
        why = f"{size:.1e} parameters, and no GPU of the plan to hold them"
        return [Check("whole steps", "not tried", None, "-", why)]
    seen = whole_steps(config, out, world, count)
    plan = plan_of(config, against, world.size, seen) if against else None
    wanted, rates = plan.tokens_a_second if plan else {}, seen.tokens_a_second()
    note = f"whole steps; {seen.lengths()}"
    checks = [judge(f"tokens/s, {n}, whole", rates[n], wanted.get(n), note) for n in PHASES]
    share = seen.second("sampling") / seen.step()
    expected = plan and plan.seconds["sampling"] / sum(plan.seconds[n] for n in PHASES)
    checks.append(Check("share of time, sampling", share, expected, "-", note))
    if plan is None:
        return checks
    used = {"MFU, training": ("training",), "MFU, whole step": PHASES}
    for name, phases in used.items():
        took, planned = sum(map(seen.second, phases)), sum(plan.seconds[n] for n in phases)
        checks.append(judge(name, utilisation(plan, took), utilisation(plan, planned), note))
    for phase in PHASES:
        if seen.peak[phase]:
            bound = sum(plan.memory[phase].values())
            checks.append(at_most(f"bytes held, {phase}", max(seen.peak[phase]), bound, note))
    return checks


def at_most(name: str, found: float, planned: float, note: str) -> Check:
    """Less is better."""
    fits = found <= planned * (1 + MEMORY_SLACK)
    return Check(name, found, planned, "ok" if fits else "FAIL", note)
