"""Are experts specialists? What the experts of a token tell about its kind, and two controls.

    bits = I(kind; experts) = sum p(kind, experts) log2 p(kind, experts) / (p(kind) p(experts))

Shuffled kinds show what so few tokens give by accident. Routers that were drawn at random show
what any router gives: tokens of one kind resemble each other, so they go the same way unasked.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import numpy as np
import torch

from minir1.bench.claims.experts import mutual_information
from minir1.lab.charts import columns
from minir1.lab.picture import Picture
from minir1.model.transformer import Transformer


def information(table: np.ndarray, n_layers: int) -> np.ndarray:
    """Bits for each MoE layer, from a table [tokens, 1 + L * K] of kinds and experts."""
    per_layer = np.sort(table[:, 1:].reshape(len(table), n_layers, -1), -1)
    bits = []
    for layer in range(n_layers):  # the set of a token's experts is one label
        _, sets = np.unique(per_layer[:, layer], axis=0, return_inverse=True)
        bits.append(mutual_information(table[:, 0], sets.ravel()))
    return np.array(bits)


def shuffled(table: np.ndarray, seed: int = 0) -> np.ndarray:
    """The same table with its kinds in a random order: they belong to other tokens now."""
    kinds = np.random.default_rng(seed).permutation(table[:, 0])
    return np.column_stack([kinds, table[:, 1:]])


@torch.no_grad()
def random_routers(model: Transformer, seed: int = 0) -> Transformer:
    """A copy of a model whose routers are drawn anew, with no bias; nothing else is changed."""
    changed, generator = copy.deepcopy(model), torch.Generator().manual_seed(seed)
    for router in changed.routers():
        drawn = torch.randn(router.weight.shape, generator=generator)
        router.weight.copy_(drawn * router.weight.std())
        router.e_score_correction_bias.zero_()
    return changed


def information_chart(bits: Mapping[str, np.ndarray], kinds: np.ndarray) -> Picture:
    """Bits by MoE layer, beside what there is to know: the entropy of the kinds."""
    share = np.bincount(kinds) / len(kinds)
    whole = float(-(share[share > 0] * np.log2(share[share > 0])).sum())
    n_layers = len(next(iter(bits.values())))
    return columns(
        "What the experts tell about the kind of a token",
        f"bits; all there is to know: {whole:.2f} (dashed)", bits, x_name="MoE layer",
        ticks=[str(n + 1) for n in range(n_layers)], line=whole,
    )  # fmt: skip
