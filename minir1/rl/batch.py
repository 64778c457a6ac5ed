"""From groups to the batch that the loss sees, and from the batch to micro-batches.

A sequence of ids x_0 .. x_n becomes inputs x_0 .. x_{n-1} and targets x_1 .. x_n. Only
targets that the policy wrote are in the loss: the prompt is masked, padding is masked.

    ids      [bos] [9] [?] [7] [eos]      prompt of 3, completion of 2
    inputs   [bos] [9] [?] [7]
    targets  [9]   [?] [7] [eos]
    mask       0    0   1   1
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from minir1.rl.types import Batch, Group, Rollout

LossNorm = Literal["token", "sequence", "fixed"]


def token_weights(lengths: Sequence[int], norm: LossNorm, fixed_length: int) -> Float[Tensor, "B"]:
    """The weight of each token of each sequence in the loss; it depends on the sequence only.

    token     1 / all tokens              every token counts the same        (DAPO)
    sequence  1 / (sequences * length)    every sequence counts the same     (GRPO)
    fixed     1 / (sequences * L)         neither: a constant, L = longest   (Dr. GRPO)

    >>> token_weights([1, 3], "token", 4).tolist(), token_weights([1, 3], "fixed", 4).tolist()
    ([0.25, 0.25], [0.125, 0.125])
    """
    count = torch.tensor(lengths, dtype=torch.float32)
    if norm == "token":
        return torch.full_like(count, 1.0 / max(1.0, float(count.sum())))
    if norm == "sequence":
        return 1.0 / (len(lengths) * count.clamp_min(1.0))
    return torch.full_like(count, 1.0 / (len(lengths) * fixed_length))


def collate(
    rollouts: Sequence[Rollout],
    advantages: Sequence[float],
    *,
    norm: LossNorm = "token",
    fixed_length: int = 1,
    pad_id: int = 0,
    device: torch.device | str = "cpu",
) -> Batch:
    """Right-pad rollouts into one batch and give each token its weight in the loss."""
    n_rows, width = len(rollouts), max(len(rollout) for rollout in rollouts) - 1
    ids = torch.full((n_rows, width + 1), pad_id)
    old = torch.zeros(n_rows, width)
    mask = torch.zeros(n_rows, width, dtype=torch.bool)
    token_mask = torch.zeros_like(mask)
    for row, rollout in enumerate(rollouts):
        start, stop = len(rollout.prompt_ids), len(rollout)
        ids[row, :stop] = torch.tensor(rollout.prompt_ids + rollout.completion_ids)
        old[row, start - 1 : stop - 1] = torch.tensor(rollout.logprobs)
        mask[row, start - 1 : stop - 1] = True
        token_mask[row, : stop - 1] = True
    per_row = token_weights([len(r.completion_ids) for r in rollouts], norm, fixed_length)
    batch = Batch(
        inputs=ids[:, :-1],
        targets=ids[:, 1:],
        loss_mask=mask,
        token_mask=token_mask,
        old_logprobs=old,
        advantages=torch.tensor(advantages, dtype=torch.float32)[:, None] * mask,
        weights=per_row[:, None] * mask,
        experts=stack_experts(rollouts, width),
    )
    return batch.to(device)


def stack_experts(rollouts: Sequence[Rollout], width: int) -> Tensor | None:
    """The recorded experts of all rollouts, "L B T K", zero where there is padding."""
    recorded = [rollout.experts for rollout in rollouts if rollout.experts is not None]
    if len(recorded) < len(rollouts):
        return None
    n_layers, _, k = recorded[0].shape
    stacked = recorded[0].new_zeros(n_layers, len(rollouts), width, k)  # in the sampler's 16 bits
    for row, experts in enumerate(recorded):
        stacked[:, row, : experts.shape[1]] = experts
    return stacked


def all_groups(groups: Sequence[Group]) -> list[Rollout]:
    """The rollouts of all groups in one list, group after group."""
    return [rollout for group in groups for rollout in group.rollouts]


def micro_batches(lengths: Sequence[int], max_tokens: int) -> list[list[int]]:
    """Cut rows into micro-batches of like length, of at most `max_tokens` padded tokens each.

    Sorting by length first means that a short row is never padded to a long one's width. A
    row longer than `max_tokens` gets a micro-batch of its own.

    >>> micro_batches([5, 90, 7, 100], max_tokens=200)
    [[1, 3], [0, 2]]
    """
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    batches: list[list[int]] = []
    for row in order:
        # Rows come longest first, so the first row of a micro-batch sets its width.
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= max_tokens:
            batches[-1].append(row)
        else:
            batches.append([row])
    return [sorted(rows) for rows in batches]


def padded_places(rows: Sequence[int], lengths: Sequence[int]) -> int:
    """What a padded micro-batch costs: every row is as wide as the longest.

    >>> padded_places([0, 2], [5, 90, 7])
    14
    """
    return len(rows) * max(lengths[row] for row in rows)


def even_out(
    parts: list[list[int]],
    lengths: Sequence[int],
    peers: int,
    cut: Callable[[Sequence[int], int], list[list[int]]] = micro_batches,
    cost: Callable[[Sequence[int], Sequence[int]], int] = padded_places,
) -> list[list[int]]:
    """Cut the rows anew, so that each of `peers` processes gets equally many parts of like cost.

    The number of parts becomes the next multiple of `peers`, and the parts as small as that
    allows. They are dealt out like cards, so they are sorted by cost: parts that are worked on
    at the same time then take about the same time. One row can't be cut; where there are too few
    rows, some process will have nothing to do at the end.

    >>> even_out([[1, 3], [0, 2]], [5, 90, 7, 100], peers=3)
    [[3], [1], [0, 2]]
    """

    def weight(rows: list[int]) -> int:
        return cost(rows, lengths)

    wanted = math.ceil(len(parts) / peers) * peers
    most = max(map(weight, parts))
    budgets = range(max(lengths), most + 1)
    # The smallest budget that needs no more parts than are wanted; fewer parts need larger ones.
    least = bisect_left(budgets, -wanted, key=lambda b: -len(cut(lengths, b)))
    parts = cut(lengths, budgets[least])
    while len(parts) < wanted and any(len(rows) > 1 for rows in parts):
        widest = max((rows for rows in parts if len(rows) > 1), key=weight)
        by_length = sorted(widest, key=lambda row: -lengths[row])
        half = (len(by_length) + 1) // 2
        parts.remove(widest)
        parts += [by_length[:half], by_length[half:]]
    return sorted((sorted(rows) for rows in parts), key=weight, reverse=True)


def speaking(batch: Batch) -> Batch:
    """The rows that have a gradient: those with an advantage. All rows, where none has one.

    Each token brings its weight along, so the gradient stays that of the whole batch.
    """
    heard = (batch.advantages * batch.weights).abs().sum(-1).nonzero()[:, 0].tolist()
    return batch.rows(heard) if heard else batch


def empty_part(batch: Batch) -> Batch:
    """A micro-batch of one row in which no token counts: its loss and its gradient are zero."""
    row = batch.rows([0])
    none = torch.zeros_like(row.loss_mask)
    return replace(row, loss_mask=none, token_mask=none, weights=torch.zeros_like(row.weights))
