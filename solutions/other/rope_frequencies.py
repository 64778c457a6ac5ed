# %%
import math

import torch


def rope_frequencies(dim, theta, device=None):
    steps = torch.linspace(0, 1 - 2 / dim, dim // 2, dtype=torch.float64)
    return torch.exp(-steps * math.log(theta)).float()


# %%
import numpy as np


def rope_frequencies(dim, theta, device=None):
    return 1.0 / np.power(float(theta), np.arange(0, dim, 2) / dim)
