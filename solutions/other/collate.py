# %%
import torch
from torch.nn.utils.rnn import pad_sequence

from minir1.rl.batch import token_weights
from minir1.rl.types import Batch


def collate(rollouts, advantages, *, norm="token", fixed_length=1, pad_id=0, device="cpu"):
    def padded(rows, value, dtype):
        tensors = [torch.tensor(row, dtype=dtype) for row in rows]
        return pad_sequence(tensors, batch_first=True, padding_value=value)

    prompts = [len(r.prompt_ids) - 1 for r in rollouts]
    answers = [len(r.completion_ids) for r in rollouts]
    ids = padded([r.prompt_ids + r.completion_ids for r in rollouts], pad_id, torch.long)
    learned = padded(
        [[0] * p + [1] * a for p, a in zip(prompts, answers, strict=True)], 0, torch.bool
    )
    real = padded([[1] * (p + a) for p, a in zip(prompts, answers, strict=True)], 0, torch.bool)
    old = padded(
        [[0.0] * p + list(r.logprobs) for p, r in zip(prompts, rollouts, strict=True)],
        0.0,
        torch.float,
    )
    weights = token_weights(answers, norm, fixed_length)
    return Batch(
        inputs=ids[:, :-1],
        targets=ids[:, 1:],
        loss_mask=learned,
        token_mask=real,
        old_logprobs=old,
        advantages=torch.where(learned, torch.tensor(advantages, dtype=torch.float)[:, None], 0.0),
        weights=torch.where(learned, weights[:, None], 0.0),
    )


# %%
import torch

from minir1.rl.batch import token_weights
from minir1.rl.types import Batch


def collate(rollouts, advantages, *, norm="token", fixed_length=1, pad_id=0, device="cpu"):
    width = max(len(r.prompt_ids) + len(r.completion_ids) for r in rollouts)
    weights = token_weights([len(r.completion_ids) for r in rollouts], norm, fixed_length).tolist()
    table = {name: [] for name in ("ids", "learned", "real", "old", "advantages", "weights")}
    for r, advantage, weight in zip(rollouts, advantages, weights, strict=True):
        before, wrote = len(r.prompt_ids) - 1, len(r.completion_ids)
        after = width - 1 - before - wrote
        table["ids"].append(r.prompt_ids + r.completion_ids + [pad_id] * after)
        table["learned"].append([False] * before + [True] * wrote + [False] * after)
        table["real"].append([True] * (before + wrote) + [False] * after)
        table["old"].append([0.0] * before + list(r.logprobs) + [0.0] * after)
        table["advantages"].append([0.0] * before + [advantage] * wrote + [0.0] * after)
        table["weights"].append([0.0] * before + [weight] * wrote + [0.0] * after)
    t = {name: torch.tensor(rows) for name, rows in table.items()}
    return Batch(
        inputs=t["ids"][:, :-1], targets=t["ids"][:, 1:], loss_mask=t["learned"],
        token_mask=t["real"], old_logprobs=t["old"], advantages=t["advantages"], weights=t["weights"],
    )  # fmt: skip


# %%
import torch

from minir1.rl.batch import token_weights
from minir1.rl.types import Batch


def collate(rollouts, advantages, *, norm="token", fixed_length=1, pad_id=0, device="cpu"):
    shape = len(rollouts), max(map(len, rollouts)) - 1
    ids = [torch.full(shape, pad_id) for _ in range(2)]
    masks = [torch.zeros(shape, dtype=torch.bool) for _ in range(2)]
    old, advantage, weight = (torch.zeros(shape) for _ in range(3))
    weights = token_weights([len(r.completion_ids) for r in rollouts], norm, fixed_length)
    for i, r in enumerate(rollouts):
        text = torch.tensor(r.prompt_ids + r.completion_ids)
        wrote = slice(len(r.prompt_ids) - 1, len(text) - 1)
        ids[0][i, : wrote.stop], ids[1][i, : wrote.stop] = text[:-1], text[1:]
        masks[0][i, wrote], masks[1][i, : wrote.stop] = True, True
        old[i, wrote] = torch.tensor(r.logprobs)
        advantage[i, wrote], weight[i, wrote] = advantages[i], weights[i]
    return Batch(
        inputs=ids[0], targets=ids[1], loss_mask=masks[0], token_mask=masks[1],
        old_logprobs=old, advantages=advantage, weights=weight,
    )  # fmt: skip
