"""Looking into attention: which token each head reads, and what is lost without a head.

The model computes attention in one fused call that keeps no weights. Here they are computed
again from the same queries and cached rows, so a lesson can show them; a test holds them
against the layer's own output.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from minir1.lab.corpus import surprise_by_kind
from minir1.lab.heat import heat
from minir1.lab.picture import Picture
from minir1.lab.tokens import strip
from minir1.model.mla import MultiHeadLatentAttention
from minir1.model.transformer import Transformer
from minir1.text.corpus import Document
from minir1.text.tokenizer import Tokenizer


def attentions(model: Transformer) -> list[MultiHeadLatentAttention]:
    """The attention layers of a model with latent attention."""
    found = [m for m in model.modules() if isinstance(m, MultiHeadLatentAttention)]
    if not found:
        raise ValueError(f"model.attention = {model.config.attention!r} can't be shown: use 'mla'")
    return found


def weights_of(attention: MultiHeadLatentAttention, x: Tensor, rotation: Tensor) -> Tensor:
    """The attention weights [B H T S] of one layer on its input."""
    q_nope, q_rope = attention._queries(x, rotation)
    rows = attention._cached_rows(x, rotation)
    up = attention.kv_b_proj.weight.unflatten(0, (attention.n_heads, -1))[:, : attention.nope]
    q = torch.cat((torch.einsum("bthn,hnc->bthc", q_nope, up), q_rope), dim=-1)
    scores = torch.einsum("bthw,bsw->bhts", q * attention.scale, rows)
    unseen = torch.ones_like(scores, dtype=torch.bool).triu(1)
    return scores.masked_fill(unseen, float("-inf")).softmax(-1)


@torch.no_grad()
def attention_weights(model: Transformer, ids: Sequence[int]) -> np.ndarray:
    """What every head of every layer reads at every token of one sequence: [L H T S]."""
    seen: list[Tensor] = []

    def note(module: Any, inputs: tuple) -> None:
        seen.append(weights_of(module, *inputs[:2]))

    hooks = [layer.register_forward_pre_hook(note) for layer in attentions(model)]
    try:
        model.hidden(torch.tensor([list(ids)]))
    finally:
        for hook in hooks:
            hook.remove()
    return torch.cat(seen).numpy()


def look_back(words: Sequence[str], weights: np.ndarray, layer: int, head: int, at: int) -> Picture:
    """Where one head of one layer looks, from the token at place `at`."""
    row = weights[layer - 1, head - 1, at]
    best = int(row.argmax())
    marks = ["*" if place == at else "" for place in range(len(words))]
    picture = strip(
        words, title=f"Layer {layer}, head {head}: what token {at}, \"{words[at]}\" (*), reads",
        values=row, unit="attention weight", below=marks,
    )  # fmt: skip
    said = f'layer {layer}, head {head}: token {at}, "{words[at]}", reads "{words[best]}" most'
    return Picture(picture.figure, f"{said} ({row[best]:.0%})")


def all_heads(words: Sequence[str], weights: np.ndarray, layer: int) -> Picture:
    """The maps of all heads of one layer: a row for each reading token, a column for each read."""
    maps = {f"head {h}": weights[layer - 1, h - 1] for h in range(1, weights.shape[1] + 1)}
    return heat(
        maps, unit=f"layer {layer}", x_name="token that is read", y_name="token that reads",
        limits=(0.0, 1.0), height=2.7,
        words=f"Attention maps of layer {layer}, {len(maps)} heads, {len(words)} tokens; "
        "the upper right half is empty: no token sees a later one",
    )  # fmt: skip


def weight_on(weights: np.ndarray, readers: Sequence[int], read: int) -> np.ndarray:
    """How much each head [L H] looks at the token at `read`, mean over the `readers`."""
    return weights[:, :, list(readers), read].mean(-1)


@contextmanager
def silenced(model: Transformer, heads: Sequence[tuple[int, int]]) -> Iterator[None]:
    """Inside this block these heads, (layer, head) counted from 1, say nothing."""
    changed = []
    for layer, head in heads:
        attention = attentions(model)[layer - 1]
        weight = attention.o_proj.weight.data
        part = weight[:, (head - 1) * attention.v_dim : head * attention.v_dim]
        changed.append((part, part.clone()))
        part.zero_()
    try:
        yield
    finally:
        for part, kept in changed:
            part.copy_(kept)


def without_heads(
    model: Transformer,
    heads: Sequence[tuple[int, int]],
    tokenizer: Tokenizer,
    pieces: Sequence[Document],
) -> dict[str, float]:
    """Surprise by kind of token when some heads are silenced."""
    with silenced(model, heads):
        return surprise_by_kind(model, tokenizer, pieces)


def head_damage(
    model: Transformer, tokenizer: Tokenizer, pieces: Sequence[Document], kinds: Sequence[str]
) -> Picture:
    """What each head is for: how much the surprise at some kinds of token rises without it."""
    whole = surprise_by_kind(model, tokenizer, pieces)
    n_layers, n_heads = len(attentions(model)), model.config.n_heads
    rise = {kind: np.zeros((n_layers, n_heads)) for kind in kinds}
    for layer in range(n_layers):
        for head in range(n_heads):
            lost = without_heads(model, [(layer + 1, head + 1)], tokenizer, pieces)
            for kind in kinds:
                rise[kind][layer, head] = max(0.0, lost[kind] - whole[kind])
    places = {kind: np.unravel_index(part.argmax(), part.shape) for kind, part in rise.items()}
    said = ", ".join(
        f"{kind}: layer {layer + 1}, head {head + 1} (+{rise[kind][layer, head]:.2f} nats)"
        for kind, (layer, head) in places.items()
    )
    return heat(
        rise, unit="rise of the loss, nats", x_name="head", y_name="layer",
        rows=[str(n + 1) for n in range(n_layers)], cols=[str(n + 1) for n in range(n_heads)],
        words=f"The head that each kind of token needs most. {said}",
    )  # fmt: skip
