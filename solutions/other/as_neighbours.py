# %%
def as_neighbours(weight, heads):
    return weight.unflatten(0, (heads, 2, -1)).transpose(1, 2).reshape(weight.shape)


# %%
import torch


def as_neighbours(weight, heads):
    moved = torch.empty_like(weight)
    size = weight.shape[0] // heads
    for head in range(heads):
        mine = weight[head * size : (head + 1) * size]
        target = moved[head * size : (head + 1) * size]
        target[0::2] = mine[: size // 2]
        target[1::2] = mine[size // 2 :]
    return moved


# %%
import torch


def as_neighbours(weight, heads):
    blocks = []
    for block in weight.chunk(heads):
        first, second = block.chunk(2)
        blocks.append(torch.stack([first, second], dim=1).flatten(0, 1))
    return torch.cat(blocks)
