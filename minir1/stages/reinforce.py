"""Reinforcement learning with verifiable rewards: the stage that R1 goes through three times.

    problems -> groups of rollouts -> verdicts -> rewards -> advantages -> update

R1-Zero, reasoning RL and all-scenario RL are this one function (arXiv 2501.12948, 2.2 and 2.3).
They differ by the model that they start from, by their settings, and by what a group is paid
beyond its verdicts: that is a function from judged group to judged group (stages/pay.py).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from minir1.config import Config, TaskConfig, ZeroConfig
from minir1.model.transformer import Transformer
from minir1.rl.behaviour import length_metrics, reward_metrics, trace_metrics
from minir1.rl.groups import sample_groups
from minir1.rl.step import grpo_step
from minir1.rl.types import Group
from minir1.run import evaluate as evaluation
from minir1.run.distributed import SOLO, World
from minir1.run.evaluated import write_evaluation
from minir1.run.models import finished_model, tokenizer_of
from minir1.run.rollouts import RolloutLog
from minir1.run.served import OwnRollouts, rollouts_of
from minir1.stages.loop import Stage
from minir1.tasks import Task, make_task
from minir1.text.tokenizer import Tokenizer

Pay = Callable[[Group, int], Group]
"""(judged group, step) -> the same group with other rewards."""


def by_verdict(group: Group, step: int) -> Group:
    """R1-Zero's: nothing counts but what the verifier said."""
    return group


def problem_seed(seed: int, step: int) -> int:
    """The seed of one step's stream of training problems."""
    return seed * 1_000_003 + step


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """One stage of RL: what is trained, on what, and how."""

    name: str
    start: str
    """The stage whose last model it starts from."""
    task: TaskConfig
    settings: ZeroConfig
    seed: int
    """Of its problems and its rollouts: no two stages of a run should ask the same."""
    pay: Pay = by_verdict
    looks: str = "step"
    """What the small evaluations on the way are called."""

    def position(self, done: int) -> dict[str, int]:
        """Where RL stands after `done` steps: the problems to come, and the reference's age.

        Rollouts need no word here: they are seeded by (seed, step, prompt, sample).
        """
        every = self.settings.ref_every
        return {
            "problem_seed": problem_seed(self.seed, done),
            "questions": done * self.settings.questions_per_step,
            "reference_step": max(0, done - 1) // every * every,
        }


def reinforce(config: Config, out: Path, course: Course, world: World = SOLO) -> Transformer:
    """Train the policy, or go on where an earlier call was stopped."""
    settings = course.settings
    device = world.device(config.device)
    workers = world.workers(config.threads, device)
    cpu, tokenizer, task = torch.device("cpu"), tokenizer_of(config), make_task(course.task)
    policy = world.place(lambda: finished_model(config, out, course.start, cpu), config, device)
    reference = world.twin(policy, config, device) if settings.kl_coef > 0 else None
    rollouts = rollouts_of(config, settings, out, tokenizer, course.name, world)
    stage = Stage(
        name=course.name,
        config=config,
        out=out,
        model=policy,
        optim=settings.optim,
        steps=settings.steps,
        save_every=settings.save_every,
        summary=lambda m: f"reward {m['reward']:.2f}  length {m['completions/mean_length']:.0f}",
        extra={"reference": reference} if reference is not None else {},
        world=world,
        score=lambda m: m["reward"],
        record=course.position,
    )
    shown = world.on_main(RolloutLog(out, course.name, settings, tokenizer, policy.config))

    def step(i: int) -> dict[str, float]:
        if reference is not None and i and i % settings.ref_every == 0:
            world.refresh(reference, policy)
        started = time.perf_counter()
        groups, replaced = sampled_groups(course, i, policy, tokenizer, task, rollouts, world)
        sampled = time.perf_counter()
        metrics = reward_metrics(groups) | length_metrics(groups)
        metrics |= trace_metrics(groups, tokenizer, course.task.max_value)
        metrics["dynamic_sampling/replaced"] = float(replaced)
        trained = time.perf_counter()
        groups, mismatch = rollouts.corrected(policy, groups, workers)
        metrics |= grpo_step(
            policy,
            stage.optimizer,
            groups,
            settings,
            reference=reference,
            fixed_length=settings.budget(i),
            seed=f"{course.seed}/{i}",
            pad_id=tokenizer.pad_id,
            workers=workers,
            peers=world,
        )
        stage.optimizer.zero_grad()  # spent: room for the whole model that samples next
        metrics |= mismatch  # the update compared its numbers with its own
        metrics["time/rollout"] = sampled - started
        metrics["time/train"] = time.perf_counter() - trained
        metrics["time/tokens_per_s"] = metrics["num_tokens"] / (sampled - started)
        shown.write(i + 1, groups)
        if config.eval.every and (i + 1) % config.eval.every == 0 and i + 1 < settings.steps:
            small_evaluation(config, out, course, policy, tokenizer, i + 1, world)
        return metrics

    stage.run(step)
    return policy


def sampled_groups(
    course: Course,
    step: int,
    policy: Transformer,
    tokenizer: Tokenizer,
    task: Task,
    rollouts: OwnRollouts,
    world: World,
) -> tuple[list[Group], int]:
    """The judged groups of one step, and how many dead ones were replaced on the way."""
    problems = task.problems("train", problem_seed(course.seed, step))
    with world.replica(policy) as whole:
        return sample_groups(
            whole,
            tokenizer,
            task,
            problems,
            course.settings,
            seed=course.seed,
            step=step,
            peers=world,
            pay=lambda group: course.pay(group, step),
            sampler=rollouts.sampler(whole, step),
        )


def small_evaluation(
    config: Config,
    out: Path,
    course: Course,
    policy: Transformer,
    tokenizer: Tokenizer,
    step: int,
    world: World,
) -> None:
    """A quick look at held-out problems on the way, written as `eval/<looks>-<n>.json`."""
    task, settings, seed = course.task, config.eval, config.seed
    problems = evaluation.heldout_problems(task, settings.every_problems)
    with world.replica(policy) as whole:
        result = evaluation.evaluate(
            whole, tokenizer, task, settings, seed=seed, problems=problems, peers=world
        )
    name = f"{course.looks}-{step:06d}"
    head = {"name": name, "stage": course.name, "step": step, "split": "heldout"}
    head |= {"recipe_hash": config.hash(), "seed": seed}
    world.once(lambda: write_evaluation(out, name, head | result))
