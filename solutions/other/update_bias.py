# %%
def update_bias(bias, load, gamma):
    for b, row in zip(bias.view(-1, bias.shape[-1]), load.view(-1, load.shape[-1]), strict=True):
        total, count = int(row.sum()), len(row)
        for e in range(count):
            mine = int(row[e]) * count
            if mine < total:
                b[e] += gamma
            elif mine > total:
                b[e] -= gamma


# %%
import torch


def update_bias(bias, load, gamma):
    mean = load.double().mean(-1, keepdim=True)
    up, down = (load < mean).to(bias.dtype), (load > mean).to(bias.dtype)
    bias.copy_(bias + gamma * up - gamma * down)
