# %%
import torch


def token_weights(lengths, norm, fixed_length):
    count = torch.tensor(lengths, dtype=torch.float64)
    per_row = {
        "token": torch.ones_like(count) / max(1.0, count.sum().item()),
        "sequence": 1.0 / torch.clamp(count, min=1.0) / len(count),
        "fixed": torch.ones_like(count) / fixed_length / len(count),
    }
    return per_row[norm]


# %%
import numpy as np


def token_weights(lengths, norm, fixed_length):
    n, count = len(lengths), np.asarray(lengths, dtype=np.float32)
    match norm:
        case "token":
            return np.full(n, 1.0 / max(1.0, count.sum()), dtype=np.float32)
        case "sequence":
            return 1.0 / (n * np.maximum(count, 1.0))
    return np.full(n, 1.0 / (n * fixed_length))
