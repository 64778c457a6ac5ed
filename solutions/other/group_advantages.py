# %%
import torch


def group_advantages(rewards, kind="grpo"):
    centred = rewards - rewards.mean(dim=1, keepdim=True)
    if kind == "grpo":
        result = centred / (rewards.var(dim=1, keepdim=True).sqrt() + 1e-4)
    elif kind == "rloo":
        others = (rewards.sum(1, keepdim=True) - rewards) / (rewards.shape[1] - 1)
        result = rewards - others
    else:
        result = centred
    spread = rewards.max(1).values - rewards.min(1).values
    return result * (spread > 0)[:, None]


# %%
import statistics

import torch


def group_advantages(rewards, kind="grpo"):
    table = []
    for row in rewards.double().tolist():
        mean = statistics.fmean(row)
        if len(set(row)) == 1:
            table.append([0.0] * len(row))
        elif kind == "grpo":
            table.append([(x - mean) / (statistics.stdev(row) + 1e-4) for x in row])
        elif kind == "dr_grpo":
            table.append([x - mean for x in row])
        else:
            table.append([x - (sum(row) - x) / (len(row) - 1) for x in row])
    return torch.tensor(table)
