"""R1-Zero: GRPO with verifiable rewards, straight from the base (arXiv 2501.12948, 2.2).

    problems -> groups of rollouts -> verdicts -> rewards -> advantages -> update

No human solution, no reward model, no value network: the only teacher is a verifier that
says right or wrong.
"""

import time
from functools import partial
from pathlib import Path

import torch

from minir1.config import Config
from minir1.model.transformer import Transformer
from minir1.rl.behaviour import length_metrics, reward_metrics, trace_metrics
from minir1.rl.groups import sample_groups
from minir1.rl.step import grpo_step
from minir1.run import evaluate as evaluation
from minir1.run.distributed import SOLO, World
from minir1.run.models import finished_model, tokenizer_of
from minir1.stages.loop import Stage
from minir1.stages.ready import check_task
from minir1.tasks import make_task
from minir1.text.tokenizer import Tokenizer


def problem_seed(seed: int, step: int) -> int:
    """The seed of one step's stream of training problems."""
    return seed * 1_000_003 + step


def position(config: Config, done: int) -> dict[str, int]:
    """Where RL stands after `done` steps: the problems that come next, and the reference's age.

    Rollouts need no word here: they are seeded by (seed, step, prompt, sample).
    """
    every = config.zero.ref_every
    return {
        "problem_seed": problem_seed(config.seed, done),
        "questions": done * config.zero.questions_per_step,
        "reference_step": max(0, done - 1) // every * every,
    }


def zero(config: Config, out: Path, world: World = SOLO) -> Transformer:
    """Train the policy, or go on where an earlier call was stopped."""
    check_task(config)
    device = world.device(config.device)
    workers = world.workers(config.threads, device)
    tokenizer, task = tokenizer_of(config), make_task(config.task)
    cpu = torch.device("cpu")
    policy = world.place(lambda: finished_model(config, out, "pretrain", cpu), config, device)
    reference = world.twin(policy, config, device) if config.zero.kl_coef > 0 else None
    stage = Stage(
        name="zero",
        config=config,
        out=out,
        model=policy,
        optim=config.zero.optim,
        steps=config.zero.steps,
        save_every=config.zero.save_every,
        summary=lambda m: f"reward {m['reward']:.2f}  length {m['completions/mean_length']:.0f}",
        extra={"reference": reference} if reference is not None else {},
        world=world,
        score=lambda m: m["reward"],
        record=partial(position, config),
    )

    def step(i: int) -> dict[str, float]:
        if reference is not None and i and i % config.zero.ref_every == 0:
            world.refresh(reference, policy)
        started = time.perf_counter()
        problems = task.problems("train", problem_seed(config.seed, i))
        with world.replica(policy) as whole:
            groups, replaced = sample_groups(
                whole, tokenizer, task, problems, config.zero, seed=config.seed, step=i, peers=world
            )
        sampled = time.perf_counter()
        metrics = reward_metrics(groups) | length_metrics(groups)
        metrics |= trace_metrics(groups, tokenizer, config.task.max_value)
        metrics["dynamic_sampling/replaced"] = float(replaced)
        trained = time.perf_counter()
        metrics |= grpo_step(
            policy,
            stage.optimizer,
            groups,
            config.zero,
            reference=reference,
            fixed_length=config.zero.budget(i),
            seed=f"{config.seed}/{i}",
            pad_id=tokenizer.pad_id,
            workers=workers,
            peers=world,
        )
        metrics["time/rollout"] = sampled - started
        metrics["time/train"] = time.perf_counter() - trained
        metrics["time/tokens_per_s"] = metrics["num_tokens"] / (sampled - started)
        if config.eval.every and (i + 1) % config.eval.every == 0 and i + 1 < config.zero.steps:
            small_evaluation(config, out, policy, tokenizer, i + 1, world)
        return metrics

    stage.run(step)
    return policy


def small_evaluation(
    config: Config, out: Path, policy: Transformer, tokenizer: Tokenizer, step: int, world: World
) -> None:
    """A quick look at held-out problems on the way, written as `eval/step-<n>.json`."""
    problems = evaluation.heldout_problems(config.task, config.eval.every_problems)
    with world.replica(policy) as sampler:
        result = evaluation.evaluate(
            sampler,
            tokenizer,
            config.task,
            config.eval,
            seed=config.seed,
            problems=problems,
            peers=world,
        )
    name = f"step-{step:06d}"
    head = {"name": name, "stage": "zero", "step": step, "split": "heldout"}
    head |= {"recipe_hash": config.hash(), "seed": config.seed}
    world.once(lambda: evaluation.write_evaluation(out, name, head | result))
