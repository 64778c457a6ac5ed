"""From a router's choice to the experts' sum, as plain torch: what a kernel must equal.

    experts of rows  ->  counts a tile  ->  offsets  ->  places  ->  one product an expert  ->  sum

The kernels themselves are in `kernels/minir1_kernels/`. These specs are slow, short, and share
no code with them; the exercises of lesson 05 are graded against them. Each writes into memory
that it is given, and only into its first part: whatever lies behind belongs to somebody else.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from minir1.model.moe import MixtureOfExperts
from minir1.model.transformer import Transformer


@dataclass(frozen=True)
class Layer:
    """What reaches one MoE layer, and the layer's own weights."""

    x: Float[Tensor, "N D"]
    logits: Float[Tensor, "N E"]
    bias: Float[Tensor, "E"]
    gate_up: Float[Tensor, "E F2 D"]
    down: Float[Tensor, "E D F"]


@torch.no_grad()
def layer_of(model: Transformer, ids: list[int], layer: int = 1) -> Layer:
    """The inputs of one MoE layer (from 1), when the model reads these ids."""
    found = [part for part in model.modules() if isinstance(part, MixtureOfExperts)][layer - 1]
    seen: list[Tensor] = []
    handle = found.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    model.hidden(torch.tensor([ids]))
    handle.remove()
    x, router, experts = seen[0].flatten(0, 1), found.gate, found.experts
    bias = router.e_score_correction_bias.detach()
    weights = (experts.gate_up_proj.detach(), experts.down_proj.detach())
    return Layer(x, router.logits(x).detach(), bias, *weights)


def tile_counts(
    experts: Int[Tensor, "R"], n_experts: int, block: int, out: Int[Tensor, "M S"]
) -> None:
    """How many of the rows of each tile of `block` rows go to each expert, into `out[:E]`.

    >>> out = torch.empty(3, 2, dtype=torch.long)
    >>> tile_counts(torch.tensor([2, 0, 1, 0, 2]), n_experts=3, block=4, out=out)
    >>> out.tolist()
    [[2, 0], [1, 0], [1, 1]]
    """
    for number, tile in enumerate(experts.split(block) if len(experts) else ()):
        out[:n_experts, number] = torch.bincount(tile, minlength=n_experts)


def places(
    experts: Int[Tensor, "R"],
    starts: Int[Tensor, "E"],
    before: Int[Tensor, "E S"],
    block: int,
    out: Int[Tensor, "M"],
) -> None:
    """Where each row stands when rows are sorted by expert and keep their order, into `out[:R]`.

    `starts`: where each expert's rows begin; `before`: its rows in the tiles before each tile.

    >>> out = torch.empty(4, dtype=torch.long)
    >>> zeros = torch.zeros(3, 1, dtype=torch.long)
    >>> places(torch.tensor([2, 0, 1, 0]), torch.tensor([0, 2, 3]), zeros, 4, out)
    >>> out.tolist()
    [3, 0, 2, 1]
    """
    seen = [row.tolist() for row in starts[:, None] + before]
    for row, expert in enumerate(experts.tolist()):
        out[row] = seen[expert][row // block]
        seen[expert][row // block] += 1


def grouped_product(
    rows: Float[Tensor, "R F"],
    offsets: Int[Tensor, "E1"],
    weights: Float[Tensor, "E D F"],
    out: Float[Tensor, "M D"],
) -> None:
    """One matrix product an expert, its rows times its own matrix, into `out[:R]`.

    >>> out, matrices = torch.empty(3, 1), torch.tensor([[[5.0]], [[7.0]]])
    >>> grouped_product(torch.ones(3, 1), torch.tensor([0, 1, 3]), matrices, out)
    >>> out.tolist()
    [[5.0], [7.0], [7.0]]
    """
    ends = offsets.tolist()
    for start, end, matrix in zip(ends, ends[1:], weights, strict=False):
        out[start:end] = rows[start:end] @ matrix.T


def collect(
    y: Float[Tensor, "R D"],
    place: Int[Tensor, "N K"],
    weight: Float[Tensor, "N K"],
    out: Float[Tensor, "M D"],
) -> None:
    """Each token's K rows, from where they stand, times their weights, added up into `out[:N]`.

    >>> out, y = torch.empty(1, 1), torch.tensor([[1.0], [10.0]])
    >>> collect(y, torch.tensor([[1, 0]]), torch.tensor([[0.5, 2.0]]), out)
    >>> out.tolist()
    [[7.0]]
    """
    out[: len(place)] = (y[place] * weight[..., None]).sum(dim=1)


def floors(n: int, d: int, f: int, e: int, k: int) -> dict[str, tuple[float, float]]:
    """(FLOPs, bytes in bf16) of each op of one layer: n tokens, widths d and f, k of e experts."""
    r = n * k
    one, x, w2, a = 2.0 * r * d * f, n * d, e * d * f, r * f
    return {
        "up": (2 * one, 2.0 * (x + 2 * w2 + 3 * a)),
        "down": (one, 2.0 * (a + w2 + r * d)),
        "combine": (2.0 * r * d, 2.0 * (r * d + n * d)),
        "down_dh": (one, 2.0 * (x + w2 + 5 * a)),
        "down_dw": (one, 2.0 * (x + a + w2)),
        "up_dx": (2 * one, 2.0 * (2 * a + 2 * w2 + r * d)),
        "up_dw": (2 * one, 2.0 * (2 * a + x + 2 * w2)),
    }
