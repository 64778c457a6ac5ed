"""Changes to a trained model that a lesson makes to see what breaks, each undone afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from unittest.mock import patch

import torch
from torch import Tensor

from minir1.lab.attention import attentions
from minir1.lab.charts import lines
from minir1.lab.picture import Picture
from minir1.model import mla
from minir1.model.rope import rotate_halves
from minir1.model.transformer import Transformer
from minir1.rl.logprobs import token_logprobs
from minir1.rl.types import Batch


@torch.no_grad()
def loss_of(model: Transformer, batch: Batch) -> float:
    """The mean loss of the batch, in nats a token."""
    logprobs, _ = token_logprobs(model, batch)
    return float(-logprobs.sum() / batch.loss_mask.sum())


@contextmanager
def other_pairs() -> Iterator[None]:
    """Rotate the halves in place of the neighbours: what a wrong conversion of weights does."""
    with patch.object(mla, "rotate_pairs", rotate_halves):
        yield


@torch.no_grad()
def latent_directions(model: Transformer, batch: Batch) -> list[tuple[Tensor, Tensor]]:
    """Of each layer: the mean latent, and the latents' main directions, most spread first."""
    seen: list[tuple[Tensor, Tensor]] = []

    def note(module: object, inputs: tuple, output: Tensor) -> None:
        latents = output[batch.token_mask]
        mean = latents.mean(0)
        seen.append((mean, torch.linalg.svd(latents - mean, full_matrices=False).Vh))

    hooks = [layer.kv_a_layernorm.register_forward_hook(note) for layer in attentions(model)]
    try:
        model.hidden(batch.inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return seen


def loss_at_rank(model: Transformer, batch: Batch, ranks: Sequence[int]) -> list[float]:
    """The loss when each latent keeps its `rank` main directions only, for every rank."""
    directions, losses = latent_directions(model, batch), []
    for rank in ranks:
        hooks = []
        for layer, (mean, axes) in zip(attentions(model), directions, strict=True):
            kept = axes[:rank].T @ axes[:rank]

            def cut(_m: object, _i: tuple, out: Tensor, mean: Tensor = mean, kept: Tensor = kept):
                return mean + (out - mean) @ kept

            hooks.append(layer.kv_a_layernorm.register_forward_hook(cut))
        losses.append(loss_of(model, batch))
        for hook in hooks:
            hook.remove()
    return losses


def rank_chart(model: Transformer, batch: Batch, tolerance: int | float = 0.02) -> Picture:
    """The loss against how many directions of the latent are kept."""
    full = model.config.kv_lora_rank
    ranks = [rank for rank in (1, 2, 4, 6, 8, 10, 12, 16, 20, 24, 28) if rank < full] + [full]
    losses = loss_at_rank(model, batch, ranks)
    near = (
        rank for rank, loss in zip(ranks, losses, strict=True) if loss <= losses[-1] + tolerance
    )
    return lines(
        "Latents cut to their main directions", "loss, nats a token", ranks, {"loss": losses},
        x_name=f"directions kept, of {full}", floor=0,
        words=f"With {next(near)} of {full} directions the loss is within {tolerance:g} nats",
    )  # fmt: skip
