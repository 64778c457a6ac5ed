"""Claim: pure RL, without human solutions, makes reasoning better. Its arms, at equal FLOPs.

    zero            GRPO on right or wrong
    more_base       goes on reading what the base read
    sft_gold        learns worked solutions, one right try each
    rejection       the base's own right samples, learned as if a teacher had written them
    random_reward   GRPO, but each response is paid by the toss of a coin
    format_reward   GRPO, but only the form is paid

`base` and `zero` are also asked 256 times each: does RL make more problems solvable (wider), or
what was solvable more likely (sharper; arXiv 2504.13837)?
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import cycle
from typing import Any

from minir1.bench.claims.learn import Cost, cost_of, read, reinforce
from minir1.bench.claims.unit import Unit
from minir1.config import OptimConfig
from minir1.config.pipeline import SftConfig
from minir1.model.transformer import Transformer
from minir1.rl.baselines.expert_iteration import right_rollouts
from minir1.rl.groups import sample_groups
from minir1.rl.types import Group
from minir1.run.evaluated import by_problem
from minir1.run.thinking_time import by_vote, curve
from minir1.stages.reinforce import problem_seed
from minir1.tasks import Problem, make_task
from minir1.tasks.reward import Reward
from minir1.tasks.search import ordered_tries
from minir1.text.corpus import Document
from minir1.text.template import render_completion, render_prompt
from minir1.text.trace import write_try

Row = dict[str, Any]
WIDE_PROBLEMS, WIDE_SAMPLES = 16, 256
VOTES = (1, 2, 3, 4, 5, 6, 8, 16, 64)


def wide(unit: Unit, policy: Transformer) -> Row:
    """pass@k to 256, and majority votes, on a few problems."""
    samples = min(WIDE_SAMPLES, unit.config.eval.problems)
    found = unit.many(policy, WIDE_PROBLEMS, samples)
    groups = by_problem(found["rows"], samples)
    votes = curve("vote", groups, [n for n in VOTES if n <= samples], by_vote)
    at = {k: one["value"] for k, one in found["pass@k"].items()}
    return {
        "pass@k": at,
        "pass@most": list(at.values())[-1],
        "vote": [[p.n, round(p.tokens, 1), p.interval.value] for p in votes],
        "wide_length": found["length"]["value"],
    }


def base(unit: Unit) -> Row:
    """Before RL."""
    kept = unit.base()
    return unit.judge(kept.model) | wide(unit, kept.model) | {"cost": kept.cost.to_json()}


def zero(unit: Unit) -> Row:
    """After RL."""
    kept = unit.zero()
    row = unit.judge(kept.model) | wide(unit, kept.model) | {"cost": kept.cost.to_json()}
    return row | {"curve": kept.notes}


def tuning(unit: Unit) -> OptimConfig:
    """How supervised arms learn: as the stages of the pipeline do."""
    parts = unit.config.pretrain.optim.micro_batch_tokens
    return replace(SftConfig().optim, micro_batch_tokens=parts)


def learned(unit: Unit, documents: Iterator[Document], cost: Cost | None = None) -> Row:
    """The base, after learning documents for as many FLOPs as RL has cost."""
    policy = unit.base().model
    cost = cost or cost_of(policy)
    size = unit.config.pretrain.sequences_per_step
    read(policy, documents, tuning(unit), cost, sequences=size, flops=unit.zero().cost.flops)
    return unit.judge(policy) | {"cost": cost.to_json()}


def more_base(unit: Unit) -> Row:
    """Goes on reading."""
    return learned(unit, unit.corpus(part="more"))


def worked(problem: Problem, ops: str, max_value: int) -> Document:
    """The first right try in the order of someone who leaves nothing out, and nothing else.

    >>> problem = Problem("countdown", "make 6 from 1 5", {"numbers": [1, 5], "target": 6}, "")
    >>> worked(problem, "+-*", 99).text
    '<think> 1 + 5 = 6 ? 6 yes </think> <answer> 1 + 5 </answer>'
    """
    numbers, target = problem.gold["numbers"], problem.gold["target"]
    tries = ordered_tries(numbers, ops, max_value)
    right = next(one for one in tries if one.value == target)
    text = render_completion(write_try(right, target, "yes"), right.expression)
    return Document(render_prompt(problem.question), text)


def sft_gold(unit: Unit) -> Row:
    """Learns worked solutions of the training problems."""
    task = unit.config.task
    problems = make_task(task).problems("train", unit.rng("gold").getrandbits(32))
    return learned(unit, (worked(one, task.ops, task.max_value) for one in problems))


def sampled(unit: Unit, policy: Transformer, cost: Cost, steps: int) -> Iterator[Group]:
    """Judged groups of a policy that does not change, as many as RL had in so many steps."""
    task, settings = make_task(unit.config.task), unit.config.zero
    for i in range(steps):
        problems = task.problems("train", problem_seed(unit.seed, i))
        groups, _ = sample_groups(
            policy, unit.tokenizer, task, problems, settings, seed=unit.seed, step=i
        )
        cost.sampled += sum(len(one) for group in groups for one in group.rollouts)
        yield from groups


def as_documents(unit: Unit, groups: Sequence[Group], at_most: int = 0) -> list[Document]:
    """The right rollouts, as texts to learn."""
    tokenizer, found = unit.tokenizer, []
    for rollout in right_rollouts(groups, at_most):
        prompt = tokenizer.decode(rollout.prompt_ids[1:])
        text = tokenizer.decode(rollout.completion_ids).removesuffix(" <eos>")
        found.append(Document(prompt, text))
    return found


def rejection(unit: Unit) -> Row:
    """As many samples as RL had, all from the base; the right ones are learned."""
    policy = unit.base().model
    cost = cost_of(policy)
    groups = list(sampled(unit, policy, cost, unit.config.zero.steps))
    kept = as_documents(unit, groups)
    unit.rng("rejection").shuffle(kept)
    return learned(unit, cycle(kept), cost) | {"kept": len(kept)}


def by_coin(rng: random.Random, group: Group) -> Group:
    """The same group, each response paid 0 or 1 by the toss of a coin."""
    coins = [float(rng.random() < 0.5) for _ in group.rewards]
    rewards = [
        Reward(reward.parts, coin) for reward, coin in zip(group.rewards, coins, strict=True)
    ]
    return replace(group, rewards=rewards)


def random_reward(unit: Unit) -> Row:
    """RL towards nothing."""
    policy, rng = unit.base().model, unit.rng("coins")
    cost = cost_of(policy)
    pay, flops = (lambda group: by_coin(rng, group)), unit.zero().cost.flops
    reinforce(policy, unit.config, unit.seed, cost, pay=pay, flops=flops)
    return unit.judge(policy) | {"cost": cost.to_json()}


def format_reward(unit: Unit) -> Row:
    """RL towards the form alone."""
    policy = unit.base().model
    cost = cost_of(policy)
    reward = replace(unit.config.zero.reward, accuracy=0.0, format=1.0)
    settings = replace(unit.config.zero, reward=reward)
    flops = unit.zero().cost.flops
    reinforce(policy, unit.config, unit.seed, cost, settings=settings, flops=flops)
    return unit.judge(policy) | {"cost": cost.to_json()}
