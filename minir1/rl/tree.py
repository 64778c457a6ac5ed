"""Rows that begin alike are computed once: a batch of sequences as a tree of tokens.

The rows of a group open with one prompt, and short answers are often the same word for word. A
causal model gives equal beginnings equal numbers, so a token needs computing once for all rows
that share everything before it:

    [q] [a] [5] [.]              q -- a -- 5 -- .
    [q] [a] [5] [!]      ->           |    + -- !         12 tokens become 7
    [q] [a] [7] [.]                   + -- 7 -- .

All tokens of the tree are fed as one long row. A token's position is its depth, and it sees its
ancestors and itself. The outcome is copied back to the rows, so the gradient of a shared token is
the sum over its rows: nothing is approximated, only the order of additions differs.

In the prompt's journey: the trainer's forward and backward pass (`update.py`).
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from minir1.config import ModelConfig
from minir1.model.cache import KVCache, LayerCache
from minir1.model.transformer import Transformer


class TokenTree(KVCache):
    """The tree of a batch. To the model it is a cache that remembers nothing.

    What attention asks a cache for is whom a token may see, and that is all that is new here.
    """

    def __init__(
        self, config: ModelConfig, inputs: Int[Tensor, "B T"], token_mask: Bool[Tensor, "B T"]
    ) -> None:
        device = inputs.device
        super().__init__(config, 1, 0, device=device)
        tokens, parents, places = grow(inputs.tolist(), token_mask.sum(-1).tolist())
        self.tokens = torch.tensor([tokens], device=device)
        self.places = torch.tensor(places, device=device)
        """Which token of the tree stands at each place of the batch, "B T"; 0 where it is empty."""
        visible = torch.eye(len(tokens), dtype=torch.bool)
        for token, parent in enumerate(parents):  # parents come before their children
            if parent >= 0:
                visible[token] |= visible[parent]
        self.visible = visible[None].to(device)

    def open(self, new: int) -> Int[Tensor, "B T"]:
        """The depth of each token."""
        assert self.visible is not None and new == self.tokens.shape[1]
        return self.visible.sum(-1) - 1

    def close(self, new: int) -> None:
        """Nothing is kept."""

    def layer(self, index: int) -> LayerCache:
        """All layers see the same tree."""
        return TreeLayer(self, index)


class TreeLayer(LayerCache):
    """What one attention layer sees of it: keys and values pass through with their gradient."""

    def append(self, new: Float[Tensor, "B T W"]) -> Float[Tensor, "B S W"]:
        """What is new is all that there is."""
        return new


def grow(
    rows: Sequence[Sequence[int]], lengths: Sequence[int]
) -> tuple[list[int], list[int], list[list[int]]]:
    """The tree's tokens, the parent of each (-1 for a root), and the rows as numbers of tokens.

    >>> grow([[5, 6, 7], [5, 6, 8], [5, 9, 0]], [3, 3, 2])
    ([5, 6, 7, 8, 9], [-1, 0, 1, 1, 0], [[0, 1, 2], [0, 1, 3], [0, 4, 0]])
    """
    known: dict[tuple[int, int], int] = {}
    tokens: list[int] = []
    parents: list[int] = []
    places = []
    for row, length in zip(rows, lengths, strict=True):
        place, path = -1, []
        for token in row[:length]:
            step = (place, token)
            if step not in known:
                known[step] = len(tokens)
                tokens.append(token)
                parents.append(place)
            place = known[step]
            path.append(place)
        places.append(path + [0] * (len(row) - length))
    return tokens, parents, places


def shared_hidden(
    model: Transformer, inputs: Int[Tensor, "B T"], token_mask: Bool[Tensor, "B T"]
) -> Float[Tensor, "B T D"]:
    """What the head reads at each place, as `model.hidden`; at empty places it is of no use."""
    if model.config.n_moe_layers:
        raise ValueError(
            "share_prefixes = True can't be used with a mixture of experts, whose load counts "
            "every row: use False"
        )
    if not token_mask.any():  # an idle process's part: there is no tree of nothing
        return model.hidden(inputs)
    tree = TokenTree(model.config, inputs, token_mask)
    return model.hidden(tree.tokens, cache=tree)[0][tree.places]
