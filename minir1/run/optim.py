"""AdamW, and the learning rate of a step: linear warm-up, then a cosine down to a share.

    lr(s) = lr * (s + 1) / warmup                                      while s < warmup
    lr(s) = lr * (f + (1 - f) * (1 + cos(pi * progress)) / 2)          after it

Matrices decay, vectors (norm weights) don't: decay pulls a norm's gain to zero for no reason.
"""

import math

import torch
from torch import nn

from minir1.config import OptimConfig


def build_optimizer(model: nn.Module, config: OptimConfig) -> torch.optim.AdamW:
    """AdamW over all parameters, with weight decay on the matrices."""
    matrices = [p for p in model.parameters() if p.ndim >= 2]
    vectors = [p for p in model.parameters() if p.ndim < 2]
    groups = [
        {"params": matrices, "weight_decay": config.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    betas = (config.beta1, config.beta2)
    return torch.optim.AdamW(groups, lr=config.lr, betas=betas, fused=True)


def learning_rate(config: OptimConfig, step: int, total: int) -> float:
    """The learning rate of step `step` (from 0) of `total`.

    >>> config = OptimConfig(lr=1.0, warmup_steps=2, final_lr_share=0.1)
    >>> [round(learning_rate(config, step, 12), 2) for step in (0, 1, 2, 7, 12)]
    [0.5, 1.0, 1.0, 0.55, 0.1]
    """
    if step < config.warmup_steps:
        return config.lr * (step + 1) / config.warmup_steps
    progress = (step - config.warmup_steps) / max(1, total - config.warmup_steps)
    cosine = (1 + math.cos(math.pi * min(1.0, progress))) / 2
    return config.lr * (config.final_lr_share + (1 - config.final_lr_share) * cosine)


def set_learning_rate(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Give every parameter group the learning rate of this step."""
    for group in optimizer.param_groups:
        group["lr"] = lr
