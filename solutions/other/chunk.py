# %%
def chunk(length, size, index):
    places = list(range(length))
    each = max(1, -(-length // size))
    mine = places[index * each : (index + 1) * each]
    return (mine[0] if mine else length), len(mine)


# %%
import torch


def chunk(length, size, index):
    parts = torch.arange(length).chunk(size)
    if index >= len(parts):
        return length, 0
    return int(parts[index][0]), len(parts[index])


# %%
import math


def chunk(length, size, index):
    each = math.ceil(length / size)
    start, end = (min(length, place * each) for place in (index, index + 1))
    return start, end - start
