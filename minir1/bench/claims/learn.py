"""Ways to train a policy, each with a budget: what it may cost, in FLOPs.

    FLOPs = 6 A * tokens trained + 2 A * tokens sampled        A: weights that one token uses

Two ways to learn can be compared when they have cost the same (Kaplan et al. 2020, 2.1). All
tokens count here, those of the prompt too. Nothing is written to disk: an arm of a claim is
over in a minute, and starts again where it was stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from minir1.config import Config, OptimConfig, ZeroConfig
from minir1.model.count import active_parameters
from minir1.model.transformer import Transformer
from minir1.rl.batch import all_groups
from minir1.rl.behaviour import length_metrics, reward_metrics, trace_metrics
from minir1.rl.groups import sample_groups
from minir1.rl.step import grpo_step
from minir1.rl.types import Group
from minir1.rl.update import update
from minir1.run.optim import build_optimizer, learning_rate, set_learning_rate
from minir1.stages.pretrain import document_batch
from minir1.stages.reinforce import problem_seed
from minir1.tasks import make_task
from minir1.text.corpus import Document
from minir1.text.tokenizer import Tokenizer


@dataclass(slots=True)
class Cost:
    """What a piece of learning has cost so far, by a model with `active` weights a token."""

    active: int
    trained: int = 0
    sampled: int = 0
    seconds: float = 0.0
    """Of the processor: a busy machine doesn't make an arm dearer."""

    @property
    def flops(self) -> int:
        """6 A a token trained, 2 A a token sampled.

        >>> Cost(active=10, trained=3, sampled=1).flops
        200
        """
        return self.active * (6 * self.trained + 2 * self.sampled)

    def to_json(self) -> dict[str, int | float]:
        """The numbers of a row."""
        names = ("trained", "sampled", "flops", "seconds")
        return {name: getattr(self, name) for name in names}


def cost_of(model: Transformer) -> Cost:
    """Nothing spent yet."""
    return Cost(active_parameters(model.config))


def read(
    model: Transformer,
    documents: Iterator[Document],
    optim: OptimConfig,
    cost: Cost,
    *,
    sequences: int,
    steps: int = 0,
    flops: int | float = 0,
) -> list[float]:
    """Next-token prediction for `steps` steps, or until `cost` has reached `flops`; the losses.

    With steps, the learning rate follows its schedule. Without, nobody knows the last step: it
    warms up and stays. Where the documents end, it ends: a base that is never right leaves none.
    """
    tokenizer, losses = Tokenizer(model.config.vocab_size), []
    optimizer = build_optimizer(model, optim)
    while len(losses) < steps or cost.flops < flops:
        started = time.process_time()
        step, total = len(losses), steps or 10**9
        set_learning_rate(optimizer, learning_rate(optim, step, total))
        if not (pieces := list(islice(documents, sequences))):
            break
        batch = document_batch(pieces, tokenizer)
        losses.append(update(model, optimizer, batch, optim).loss)
        cost.trained += int(batch.token_mask.sum())
        cost.seconds += time.process_time() - started
    return losses


Step = Callable[[Sequence[Group], int], object]
"""(judged groups, step): one update of the policy."""
Pay = Callable[[Group], Group]


@dataclass(slots=True)
class Curve:
    """What was seen at each step of RL."""

    rows: list[dict[str, float]] = field(default_factory=list)

    def of(self, name: str) -> list[float]:
        """One metric, step by step."""
        return [round(row[name], 4) for row in self.rows if name in row]


def reinforce(
    policy: Transformer,
    config: Config,
    seed: int,
    cost: Cost,
    *,
    settings: ZeroConfig | None = None,
    pay: Pay | None = None,
    step_of: Callable[[Tokenizer], Step] | None = None,
    flops: int | float = 0,
) -> Curve:
    """RL with verifiable rewards: GRPO, or what `step_of` makes of the same groups.

    It ends after `settings.steps` steps; with `flops`, when that much is spent.
    """
    settings = settings or config.zero
    tokenizer, task, curve = Tokenizer(policy.config.vocab_size), make_task(config.task), Curve()
    step_fn = step_of(tokenizer) if step_of else grpo(policy, settings, seed, tokenizer)
    while cost.flops < flops if flops else len(curve.rows) < settings.steps:
        started, i = time.process_time(), len(curve.rows)
        problems = task.problems("train", problem_seed(seed, i))
        groups, _ = sample_groups(
            policy, tokenizer, task, problems, settings, seed=seed, step=i, pay=pay
        )
        tokens = sum(len(rollout) for rollout in all_groups(groups))
        cost.sampled += tokens
        cost.trained += tokens
        step_fn(groups, i)
        cost.seconds += time.process_time() - started
        seen = reward_metrics(groups) | length_metrics(groups)
        curve.rows.append(seen | trace_metrics(groups, tokenizer, config.task.max_value))
    return curve


def grpo(policy: Transformer, settings: ZeroConfig, seed: int, tokenizer: Tokenizer) -> Step:
    """The step of R1-Zero."""
    optimizer = build_optimizer(policy, settings.optim)

    def step(groups: Sequence[Group], i: int) -> object:
        set_learning_rate(optimizer, learning_rate(settings.optim, i, settings.steps))
        return grpo_step(
            policy,
            optimizer,
            groups,
            settings,
            fixed_length=settings.budget(i),
            seed=f"{seed}/{i}",
            pad_id=tokenizer.pad_id,
        )

    return step
