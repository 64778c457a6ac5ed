"""Bugs, as against settings: they are made here, around the package, and never in it.

A stage of RL takes two things from outside: a `World`, which hands out the copy of the policy that
samples, and a function that says what a judged group is paid. Each bug below is one of the two.
"""

import copy
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import torch
from torch import Tensor

from minir1.model.cache import KVCache
from minir1.model.router import Routing
from minir1.model.transformer import Transformer
from minir1.rl.types import Group
from minir1.run.distributed import World
from minir1.tasks.reward import Reward
from minir1.text.tokenizer import Tokenizer


class HotSampler(World):
    """The sampler divides its logits by 1.3, the trainer does not."""

    @contextmanager
    def replica(self, model: Transformer) -> Iterator[Transformer]:
        """A copy whose last norm is smaller: the head is linear, so all logits shrink alike."""
        hot = copy.deepcopy(model)
        with torch.no_grad():
            hot.norm.weight.div_(1.3)
        yield hot


class LateSampler(World):
    """The sampler gets the trainer's weights only every fourth step."""

    def __init__(self) -> None:
        self.asked = 0
        self.old: Transformer | None = None

    @contextmanager
    def replica(self, model: Transformer) -> Iterator[Transformer]:
        """A copy that is up to three steps old."""
        if self.old is None or self.asked % 4 == 0:
            self.old = copy.deepcopy(model)
        self.asked += 1
        yield self.old


class ForgetfulSampler(World):
    """The sampler's cache loses the row of every eighth position."""

    @contextmanager
    def replica(self, model: Transformer) -> Iterator[Transformer]:
        """A copy that reads what is left in the cache."""
        sampler = copy.deepcopy(model)
        whole = sampler.hidden

        def hidden(
            token_ids: Tensor, *, cache: KVCache | None = None, routing: Routing | None = None
        ) -> Tensor:
            found = whole(token_ids, cache=cache, routing=routing)
            if cache is not None:
                sequence, place = torch.nonzero(cache.positions % 8 == 7, as_tuple=True)
                cache.rows[:, sequence, cache.positions[sequence, place]] = 0.0
            return found

        sampler.hidden = hidden  # type: ignore[method-assign]
        yield sampler


class FlippedBit(World):
    """At the tenth step one bit of the trainer's last norm flips, as faulty memory does it."""

    def __init__(self) -> None:
        self.asked = 0

    @contextmanager
    def replica(self, model: Transformer) -> Iterator[Transformer]:
        """The policy itself; the bit flips after it has sampled."""
        yield model
        self.asked += 1
        if self.asked == 10:
            with torch.no_grad():
                model.norm.weight[0] = 1.5
                model.norm.weight.view(torch.int32)[0] ^= 1 << 30  # the exponent is all ones now


def paid(group: Group, totals: Sequence[float]) -> Group:
    """The same group, whose rollouts earn `totals`; the strict parts stay in the diary."""
    rewards = [Reward(one.parts, total) for one, total in zip(group.rewards, totals, strict=True)]
    return replace(group, rewards=rewards)


def neighbour(group: Group, step: int) -> Group:
    """Off by one: each rollout is paid for the rollout before it."""
    return paid(group, [*group.totals[-1:], *group.totals[:-1]])


def coin(group: Group, step: int) -> Group:
    """Each rollout is paid by the toss of a coin."""
    toss = random.Random(f"{step}/{group.problem.question}")
    return paid(group, [float(toss.random() < 0.5) for _ in group.rollouts])


def upside_down(group: Group, step: int) -> Group:
    """The sign is lost: wrong answers are paid, right ones are not."""
    return paid(group, [1.0 - total for total in group.totals])


def own_word(group: Group, step: int) -> Group:
    """A verifier that believes the policy: its thinking says "yes", so it is paid."""
    tokenizer = Tokenizer()
    texts = [tokenizer.decode(one.completion_ids) for one in group.rollouts]
    return paid(group, [float(" yes" in text) for text in texts])
