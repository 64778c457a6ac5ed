"""GRPO and its family on one and the same ground: what each member does with the same rewards.

The ground for the first charts is the smallest policy there is: it is right with chance
p = sigmoid(x), and x is its only weight. The gradient of the reward is p (1 - p), exactly,
so what an estimator expects and how noisy it is can be summed over all groups.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import torch
from scipy.stats import binom
from torch import Tensor

from minir1.lab.charts import columns, draw_lines, legend_below, lines
from minir1.lab.heat import heat
from minir1.lab.picture import Picture, panels
from minir1.model.transformer import Transformer
from minir1.rl.advantage import group_advantages
from minir1.rl.batch import collate, token_weights
from minir1.rl.logprobs import token_logprobs
from minir1.rl.loss import policy_loss
from minir1.rl.types import Batch, Group

Kind = Literal["grpo", "dr_grpo", "rloo"]
KINDS: tuple[Kind, ...] = ("grpo", "dr_grpo", "rloo")
METHODS: dict[str, tuple[Kind, Literal["token", "sequence", "fixed"], Literal["token", "sequence"]]]
METHODS = {
    "GRPO": ("grpo", "sequence", "token"),
    "Dr. GRPO": ("dr_grpo", "fixed", "token"),
    "DAPO": ("grpo", "token", "token"),
    "RLOO": ("rloo", "token", "token"),
    "GSPO": ("grpo", "sequence", "sequence"),
}
"""Of each method: the advantage, the weights of tokens, and the level of the ratio."""


def rewards_of(right: int, size: int) -> Tensor:
    """The rewards of one group, the right rollouts first."""
    return torch.tensor([[1.0] * right + [0.0] * (size - right)])


def advantage_chart(right: int, size: int) -> Picture:
    """The three advantages of a group with so many right rollouts."""
    rewards = rewards_of(right, size)
    found = {kind: group_advantages(rewards, kind)[0].numpy() for kind in KINDS}
    return columns(
        f"{right} of {size} rollouts are right", "advantage", found, x_name="rollout",
        ticks=[str(n + 1) for n in range(size)],
    )  # fmt: skip


def moments(
    size: int, chance: int | float, advantage: Callable[[Tensor], Tensor]
) -> tuple[float, float]:
    """Mean and deviation of the gradient that one group gives, summed over all groups."""
    values = []
    for right in range(size + 1):
        rewards = rewards_of(right, size)
        score = torch.where(rewards > 0, 1 - chance, -chance)  # d log p(rollout) / dx
        values.append(float((advantage(rewards) * score).mean()))
    weights = binom.pmf(np.arange(size + 1), size, chance)
    mean = float(weights @ np.array(values))
    return mean, float(np.sqrt(max(0.0, weights @ np.array(values) ** 2 - mean**2)))


def estimators(size: int) -> Picture:
    """What each estimator expects, over the chance of success, and beside the truth."""
    chances = np.linspace(0.02, 0.98, 49)
    kinds: dict[str, Callable[[Tensor], Tensor]] = {
        "the reward itself": lambda rewards: rewards,
        "RLOO": lambda rewards: group_advantages(rewards, "rloo"),
        "Dr. GRPO": lambda rewards: group_advantages(rewards, "dr_grpo"),
        "GRPO": lambda rewards: group_advantages(rewards, "grpo"),
    }
    means = {
        name: np.array([moments(size, p, advantage)[0] for p in chances])
        for name, advantage in kinds.items()
    }
    half = len(chances) // 2
    said = ", ".join(f"{name} {values[half]:.3f}" for name, values in means.items())
    figure, row = panels(
        (f"What a group of {size} pushes on average", "gradient of x; the true one is p (1 - p)"),
        ("The same, divided by the true one", "1: as much as the truth asks for"), height=2.8,
    )  # fmt: skip
    shares = {name: values / (chances * (1 - chances)) for name, values in means.items()}
    for axes, series in zip(row, (means, shares), strict=True):
        draw_lines(axes, chances, series, x_name="chance of success p", floor=0, legend=False)
    legend_below(figure, len(means), dict(zip(means, row[0].get_lines(), strict=True)))
    most, least = shares["GRPO"].max(), shares["GRPO"].min()
    said += f". GRPO pushes {least:.2f} times the truth in the middle, {most:.2f} times at the ends"
    return Picture(figure, f"At p = 0.5 the true gradient is 0.25. On average: {said}")


def dead_chart(sizes: Sequence[int] = (4, 8, 16, 64)) -> Picture:
    """The chance that a group is dead, by the chance of success."""
    p = np.linspace(0.002, 0.998, 200)
    found = {f"group of {size}": p**size + (1 - p) ** size for size in sizes}
    return lines(
        "Chance that a group is dead", "all right or all wrong", p, found, percent=True, floor=0,
        x_name="chance of success p", words="The larger the group, the fewer are dead",
    )  # fmt: skip


def weight_chart(lengths: Sequence[int], longest: int) -> Picture:
    """What one token weighs, and what its whole answer weighs, under each divisor."""
    figure, row = panels(
        ("Weight of one token", "in the loss"), ("Weight of the whole answer", "in the loss"),
        height=2.7,
    )  # fmt: skip
    norms = ("sequence", "token", "fixed")
    names = {"sequence": "sequence: GRPO", "token": "token: DAPO", "fixed": "fixed: Dr. GRPO"}
    weights = {names[n]: token_weights(lengths, n, longest).numpy() for n in norms}
    draw_lines(row[0], lengths, weights, x_name="length of the answer, tokens", floor=0)
    whole = {name: values * np.array(lengths) for name, values in weights.items()}
    draw_lines(row[1], lengths, whole, x_name="length of the answer, tokens", floor=0, legend=False)
    said = "; ".join(f"{name} {v[0]:.2g} to {v[-1]:.2g}" for name, v in weights.items())
    return Picture(figure, f"A token of an answer of {lengths[0]} to {lengths[-1]} tokens: {said}")


def ceiling_chart(old: Sequence[int | float], highs: Sequence[int | float]) -> Picture:
    """How probable a token can become before the upper clip stops pushing it."""
    found = {f"clip_high {h:g}": [min(1.0, p * (1 + h)) - p for p in old] for h in highs}
    return lines(
        "Room above", "probability that one batch can add", old, found, log="xy",
        x_name="probability when it was sampled",
        words="; ".join(f"clip_high {h:g}: 1% may become {1 + h:.3g}%" for h in highs),
    )  # fmt: skip


def batch_of(groups: Sequence[Group], method: str, longest: int) -> Batch:
    """The same rollouts with the advantages and weights of one method."""
    kind, norm, _ = METHODS[method]
    advantages = group_advantages(torch.tensor([group.totals for group in groups]), kind)
    rollouts = [rollout for group in groups for rollout in group.rollouts]
    return collate(rollouts, advantages.flatten().tolist(), norm=norm, fixed_length=longest)


def gradient(model: Transformer, groups: Sequence[Group], method: str, longest: int) -> Tensor:
    """The gradient of one method's loss, as one long vector."""
    return _gradient_of(model, batch_of(groups, method, longest), METHODS[method][2])


def agreement(
    model: Transformer, groups: Sequence[Group], longest: int, splits: int = 20
) -> dict[str, float]:
    """How alike the gradients of two random halves of the groups are: the mean cosine.

    Without a baseline the advantage is the reward itself.
    """
    order = np.random.default_rng(0)
    halves = [order.permutation(len(groups)) for _ in range(splits)]
    found = {}
    for name, kind in (("the reward itself", None), ("minus the group's mean", "dr_grpo")):
        vectors = []
        for group in groups:
            rewards = torch.tensor([group.totals])
            advantages = rewards if kind is None else group_advantages(rewards, "dr_grpo")
            batch = collate(
                list(group.rollouts), advantages[0].tolist(), norm="fixed", fixed_length=longest
            )
            vectors.append(_gradient_of(model, batch, "token"))
        cosines = []
        for places in halves:
            sides = np.array_split(places, 2)
            one, two = (torch.stack([vectors[i] for i in side]).sum(0) for side in sides)
            cosines.append(float(one @ two / (one.norm() * two.norm())))
        found[name] = float(np.mean(cosines))
    return found


def _gradient_of(model: Transformer, batch: Batch, level: Literal["token", "sequence"]) -> Tensor:
    logprobs, _ = token_logprobs(model, batch)
    loss = policy_loss(logprobs, batch, ratio_level=level).total
    parts = torch.autograd.grad(loss, list(model.parameters()), allow_unused=True)
    return torch.cat([part.flatten() for part in parts if part is not None])


def family_map(models: dict[str, Transformer], groups: Sequence[Group], longest: int) -> Picture:
    """How alike the methods' gradients are on the same rollouts: cosines, for each policy."""
    maps, said = {}, []
    for name, model in models.items():
        vectors = [gradient(model, groups, method, longest) for method in METHODS]
        units = torch.stack([vector / vector.norm() for vector in vectors])
        maps[name] = (units @ units.T).numpy()
        low = np.unravel_index(maps[name].argmin(), maps[name].shape)
        pair = " and ".join(list(METHODS)[i] for i in low)
        said.append(f"{name}: least alike {pair}, cosine {maps[name].min():.2f}")
    names = list(METHODS)
    return heat(
        maps, unit="cosine of the gradients", x_name="", rows=names, cols=names, limits=(0.0, 1.0),
        words="; ".join(said), fmt=".2f", height=3.3,
    )  # fmt: skip
