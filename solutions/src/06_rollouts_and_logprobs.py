# %% [markdown]
# # Exercises 06: rollouts and log-probabilities
#
# A token is drawn and its log-probability written down; the trainer computes the same number again; rollouts of many
# lengths become batches. Most bugs of RL live here. The functions are those of
# [minir1/rl/sampling.py](../minir1/rl/sampling.py), [minir1/rl/logprobs.py](../minir1/rl/logprobs.py) and
# [minir1/rl/batch.py](../minir1/rl/batch.py).
#
# An **answer cell** is graded alone, so it imports what it needs. `check(f)` grades, `hint(f)` opens the next of three
# hints, and `solution(f)` asks before it shows one.

# %%
import torch

from minir1.lab.desk import check, hint, peek, progress, solution

progress("06_rollouts_and_logprobs")

# %% [markdown]
# ## 1. `draw`
#
# One token a row, and its log-probability. Divide the logits by the temperature, and take the first token whose
# cumulative probability is above the row's number `u` in [0, 1). Temperature 0 takes the most likely token, and its
# log-probability is the one at temperature 1. (The last cumulative sum is 1 only up to rounding: compare with `u` times
# that sum.)

# %%
import torch
from jaxtyping import Float, Int
from torch import Tensor


def draw(
    logits: Float[Tensor, "B V"], u: Float[Tensor, "B"], temperature: float
) -> tuple[Int[Tensor, "B"], Float[Tensor, "B"]]:
    """Tokens and their log-probabilities under the distribution they were drawn from.

    Temperature 0 takes the most likely token; its log-probability is the one at temperature 1.
    """
    # BEGIN SOLUTION
    tokens, logprobs = [], []
    for row, number in zip(logits, u, strict=True):
        scaled = row / temperature if temperature else row
        logp = scaled.log_softmax(0)
        if temperature == 0:
            token = int(row.argmax())
        else:
            height = logp.exp().cumsum(0)
            above = (height > number * height[-1]).nonzero()[:, 0]
            token = int(above[0])
        tokens.append(token)
        logprobs.append(logp[token])
    return torch.tensor(tokens), torch.stack(logprobs)
    # END SOLUTION


# %%
peek(draw, torch.tensor([[0.0, 1.0, 2.0]] * 3), torch.tensor([0.05, 0.2, 0.9]), 1.0)

# %%
check(draw)

# %% [markdown]
# ## 2. `token_logprobs`
#
# The trainer's side: for each target of the loss mask, its log-probability and the entropy of the distribution, both at
# the sampler's temperature; 0 elsewhere. `model.hidden(inputs, routing=routing)` gives a vector a token, and
# `model.head` turns vectors into logits. What stands at place t predicts `batch.targets` at place t. The trainer needs the
# gradient of the log-probabilities; the entropy is only logged.

# %%
import torch
from jaxtyping import Float
from torch import Tensor

from minir1.model.router import Routing
from minir1.model.transformer import Transformer
from minir1.rl.types import Batch


def token_logprobs(
    model: Transformer, batch: Batch, temperature: float = 1.0, routing: Routing | None = None
) -> tuple[Float[Tensor, "B T"], Float[Tensor, "B T"]]:
    """Log-probability and entropy at each target of the loss mask; zero elsewhere.

    The head runs only where the loss looks: on the policy's own tokens.
    """
    # BEGIN SOLUTION
    hidden = model.hidden(batch.inputs, routing=routing)
    logits = model.head(hidden).float() / temperature
    log_probs = logits.log_softmax(dim=-1)
    chosen = log_probs.gather(2, batch.targets[..., None])[:, :, 0]
    entropy = -(log_probs.exp() * log_probs).sum(dim=-1)
    return chosen * batch.loss_mask, entropy.detach() * batch.loss_mask
    # END SOLUTION


# %%
check(token_logprobs)

# %% [markdown]
# ## 3. `collate`
#
# Rollouts become one right-padded batch. A sequence x_0 .. x_n becomes inputs x_0 .. x_{n-1} and targets x_1 .. x_n. The
# loss mask is true where the **target** is a token that the policy wrote, the token mask where the **input** is no
# padding. Old log-probabilities, advantages and weights stand at the places of the loss mask, 0 elsewhere. For the
# weights there is `token_weights(lengths, norm, fixed_length)`, one number a row from the lengths of the completions; experts may
# be left out.
#
# A `Rollout` holds `prompt_ids`, `completion_ids` and `logprobs`, one for each token of the completion. A `Batch` wants
# `inputs`, `targets`, `loss_mask`, `token_mask`, `old_logprobs`, `advantages` and `weights`, all [B T].

# %%
from collections.abc import Sequence

import torch
from torch import Tensor

from minir1.rl.batch import LossNorm, token_weights
from minir1.rl.types import Batch, Rollout


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
    # BEGIN SOLUTION
    texts = [rollout.prompt_ids + rollout.completion_ids for rollout in rollouts]
    rows, longest = len(texts), max(map(len, texts))
    ids = torch.full((rows, longest), pad_id)
    old = torch.zeros(rows, longest - 1)
    loss_mask = torch.zeros(rows, longest - 1, dtype=torch.bool)
    token_mask = loss_mask.clone()
    for row, (rollout, text) in enumerate(zip(rollouts, texts, strict=True)):
        first, last = len(rollout.prompt_ids) - 1, len(text) - 1
        ids[row, : len(text)] = torch.tensor(text)
        loss_mask[row, first:last] = True
        token_mask[row, :last] = True
        old[row, first:last] = torch.tensor(rollout.logprobs)
    counts = [len(rollout.completion_ids) for rollout in rollouts]
    column = torch.tensor(advantages)[:, None]
    return Batch(
        inputs=ids[:, :-1],
        targets=ids[:, 1:],
        loss_mask=loss_mask,
        token_mask=token_mask,
        old_logprobs=old,
        advantages=column * loss_mask,
        weights=token_weights(counts, norm, fixed_length)[:, None] * loss_mask,
    ).to(device)
    # END SOLUTION


# %%
check(collate)

# %% [markdown]
# ## 4. `micro_batches`
#
# Memory is limited, so a batch is cut: each micro-batch costs (its rows) x (its longest row), padding included, and may
# cost at most `max_tokens`. A row longer than that gets a micro-batch of its own. Use as few micro-batches, and as little
# padding, as rows sorted by length need. The order is up to you.

# %%
from collections.abc import Sequence


def micro_batches(lengths: Sequence[int], max_tokens: int) -> list[list[int]]:
    """Cut rows into micro-batches of like length, of at most `max_tokens` padded tokens each.

    Sorting by length first means that a short row is never padded to a long one's width. A
    row longer than `max_tokens` gets a micro-batch of its own.

    >>> micro_batches([5, 90, 7, 100], max_tokens=200)
    [[1, 3], [0, 2]]
    """
    # BEGIN SOLUTION
    order = list(range(len(lengths)))
    order.sort(key=lambda row: -lengths[row])
    parts, part = [], [order[0]]
    for row in order[1:]:
        if (len(part) + 1) * lengths[part[0]] <= max_tokens:
            part.append(row)
        else:
            parts.append(part)
            part = [row]
    return [*parts, part]
    # END SOLUTION


# %%
peek(micro_batches, [5, 90, 7, 100], max_tokens=200)

# %%
check(micro_batches)

# %%
progress("06_rollouts_and_logprobs")
