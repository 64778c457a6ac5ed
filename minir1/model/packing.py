"""Sequences laid end to end: no token-wise layer computes an empty place.

    [a b c d]                        a padded batch of 3 rows and 4 places
    [e f . .]     <->    [a b c d e f g]
    [g . . .]                        one row, 7 tokens

Norms, projections, routers, experts and the head look at each token alone, so they work on the
one row as on any other. Attention alone asks which tokens belong together: for it the rows are
laid out again, empty places and all, and it needs no mask of its own. (A mask over the one row
would do as well, and cost N * N.) Sorted by length, rows of a micro-batch are nearly alike, and
what attention computes in vain is little.

The sums and products of every token are those of the padded batch.

In the prompt's journey: inside the trainer's forward pass, where a recipe asks for it (optim.pack).
"""

from jaxtyping import Bool, Shaped
from torch import Tensor


class Packing:
    """Where the tokens of a padded batch lie.

    >>> import torch
    >>> packing = Packing(torch.tensor([[True, True], [True, False]]))
    >>> packing.pack(torch.tensor([[5, 6], [7, 0]]))
    tensor([[5, 6, 7]])
    >>> packing.unpack(torch.tensor([[5, 6, 7]]))
    tensor([[5, 6],
            [7, 0]])
    """

    def __init__(self, token_mask: Bool[Tensor, "B T"]) -> None:
        self.shape = token_mask.shape
        self.places = token_mask.nonzero(as_tuple=True)
        row, column = self.places
        self.numbers = row * token_mask.shape[1] + column
        """The places, counted row by row."""

    def pack(self, rows: Shaped[Tensor, "B T *rest"]) -> Shaped[Tensor, "1 N *rest"]:
        """The tokens of all rows, end to end."""
        # Not rows[self.places]: its backward pass expects places that come twice, and sorts them.
        return rows.flatten(0, 1).index_select(0, self.numbers)[None]

    def unpack(self, packed: Shaped[Tensor, "1 N *rest"]) -> Shaped[Tensor, "B T *rest"]:
        """The rows again; an empty place is zero."""
        empty = packed.new_zeros(*self.shape, *packed.shape[2:])
        return empty.index_put(self.places, packed[0])  # no view: FSDP puts its hooks on it
