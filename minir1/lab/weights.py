"""A real model as a file: where its weights are, in which order, and what sharing saves.

Nothing here needs the model itself: its shape is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from minir1.bench.smollm import Answer
from minir1.config import ModelConfig
from minir1.lab.charts import bars
from minir1.lab.heat import heat
from minir1.lab.picture import Picture
from minir1.model.count import attention_matrices, parameters
from minir1.model.hub.gguf_names import as_neighbours
from minir1.model.transformer import Transformer
from minir1.rl.tree import grow

BITS = {"float32": 32.0, "bfloat16": 16.0, "q8_0": 8.5, "q4_0": 4.5}
"""Bits a weight on disk. In blocks of 32, GGUF adds 16 bits a block: their common scale."""


def weights_chart(config: ModelConfig) -> Picture:
    """Where the weights of a dense model are."""
    attention = attention_matrices(config) * config.n_layers
    mlp = 3 * config.dim * config.inter_dim * config.n_layers
    words = config.vocab_size * config.dim
    parts = {"words, in and out": words, "attention": attention, "MLPs": mlp}
    total = sum(parts.values())
    said = "; ".join(f"{name} {count / total:.0%}" for name, count in parts.items())
    shown = {name: count / 1e6 for name, count in parts.items()}
    return bars(f"{total / 1e6:.0f}M weights", "millions", shown, words=f"Of {total:,}: {said}")


def order_chart(width: int = 16) -> Picture:
    """Which row of a head's query matrix stands where in a GGUF file."""
    moved = as_neighbours(torch.arange(width)[:, None], 1)[:, 0].tolist()
    grid = np.zeros((width, width))
    grid[np.arange(width), moved] = 1
    said = f"Row 1 of the file is row {moved[1]} of the folder; row 2 is row {moved[2]}"
    return heat(
        {"One head's rows": grid}, unit="1: they are the same row", x_name="row in the folder",
        y_name="row in the file", words=said, height=3.4, width=5.2,
    )  # fmt: skip


def tree_chart(answers: Sequence[Answer], prompt: str, group: int = 8) -> Picture:
    """Letters of one step's rows, computed row by row and as a tree."""
    rows = [list((prompt + one["question"] + one["completion"]).encode()) for one in answers]
    width = max(map(len, rows))
    lengths = [len(row) for row in rows]
    tokens, _, _ = grow([row + [0] * (width - len(row)) for row in rows], lengths)
    said = f"{sum(lengths):,} become {len(tokens):,}: {sum(lengths) / len(tokens):.0f} times fewer"
    shown = {"row by row": sum(lengths), "as a tree": len(tokens)}
    title = f"{len(rows)} responses, letters to compute"
    return bars(title, "letters", shown, words=said, fmt="{:,.0f}")


def size_chart(config: ModelConfig) -> Picture:
    """What a model weighs on disk, by the numbers it is written in."""
    sizes = {kind: parameters(config) * bits / 8e6 for kind, bits in BITS.items()}
    return bars("The same model on disk", "MB", sizes, fmt="{:.0f}")


@torch.inference_mode()
def agreement(model: Transformer, other: Any) -> str:
    """How far two programs with the same weights are apart, on 64 tokens."""
    ids = torch.arange(5, 69)[None]
    ours, theirs = model(ids), other(ids).logits
    gap, largest = float((ours - theirs).abs().max()), float(theirs.abs().max())
    agreed = int((ours.argmax(-1) == theirs.argmax(-1)).sum())
    said = f"Largest difference {gap:.1e}, of logits up to {largest:.0f}."
    return f"{said} The same next word at {agreed} of {ids.numel()} places."
