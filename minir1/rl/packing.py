"""Micro-batches of like cost: what one costs, and how the rows of a batch are cut into them.

    padded    rows * longest row     every row is as wide as the longest of its micro-batch
    packed    tokens                 rows lie end to end (model/packing.py)

Rows are sorted by length either way: a padded micro-batch then has little padding, and in a packed
one attention, which still works on rows, computes little in vain.

Worked example: rows of 100, 60, 50 and 40 tokens, 150 tokens at most. Padded, 100 stands alone
(two rows would be 200 places), and 60 and 50 are together, with 10 empty places. Packed, they are
100 and 60 + 50 + 40.
"""

from collections.abc import Sequence

from minir1.config import OptimConfig
from minir1.model.packing import Packing
from minir1.rl.batch import micro_batches, padded_places
from minir1.rl.parallel import Peers
from minir1.rl.types import Batch


def tokens(rows: Sequence[int], lengths: Sequence[int]) -> int:
    """What a packed micro-batch costs."""
    return sum(lengths[row] for row in rows)


def packed_batches(lengths: Sequence[int], max_tokens: int) -> list[list[int]]:
    """Cut rows into micro-batches of like length, of at most `max_tokens` tokens each.

    A row longer than `max_tokens` gets a micro-batch of its own.

    >>> packed_batches([40, 100, 50, 60], max_tokens=150)
    [[1], [0, 2, 3]]
    """
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    batches: list[list[int]] = []
    room = 0
    for row in order:
        if lengths[row] > room:
            batches.append([])
            room = max_tokens
        batches[-1].append(row)
        room -= lengths[row]
    return [sorted(rows) for rows in batches]


def cut(batch: Batch, optim: OptimConfig, peers: Peers) -> list[list[int]]:
    """The rows of each micro-batch, as many for each of the processes."""
    lengths = batch.lengths
    how, cost = (packed_batches, tokens) if optim.pack else (micro_batches, padded_places)
    return peers.even_out(how(lengths, optim.micro_batch_tokens), lengths, how, cost)


def packing_of(part: Batch, optim: OptimConfig) -> Packing | None:
    """How a micro-batch is packed, if the recipe asks for it; one without a token stays padded."""
    return Packing(part.token_mask) if optim.pack and part.token_mask.any() else None


def empty_share(parts: Sequence[Sequence[int]], lengths: Sequence[int]) -> float:
    """The share of all places of padded micro-batches that hold no token.

    >>> empty_share([[0], [1, 2]], [80, 60, 20])
    0.2
    """
    whole = sum(padded_places(rows, lengths) for rows in parts)
    return (whole - sum(lengths)) / whole
