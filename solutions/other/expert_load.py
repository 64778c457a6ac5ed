# %%
import torch


def expert_load(experts, n_experts, token_mask=None):
    one_hot = torch.nn.functional.one_hot(experts, n_experts)
    if token_mask is not None:
        one_hot = one_hot * token_mask[..., None, None]
    return one_hot.sum(dim=(0, 1, 2))


# %%
from collections import Counter

import torch


def expert_load(experts, n_experts, token_mask=None):
    kept = experts if token_mask is None else experts[token_mask]
    counts = Counter(kept.flatten().tolist())
    return torch.tensor([counts[e] for e in range(n_experts)], dtype=torch.int32)
