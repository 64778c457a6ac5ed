"""Processes as threads: the same function several times, each copy with its own data.

    together(f, [(a0,), (a1,)])  ->  [f(peers, a0), f(peers, a1)]      at the same time

`peers.gather(value)` is a meeting: every copy must come, and each leaves with what all brought.
That is all that three of the four meetings of a training step need. They are written here as
small as they can be, to be read; the real ones are in `run/distributed/`, over a network.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

WAIT_S = 2.0
"""How long a copy waits in a meeting for the others. They only compute, so this is very long."""


class Threads:
    """What one of the copies knows of the others: `rank`, `size` and `gather`."""

    def __init__(self, rank: int, size: int, table: list[Any], gate: threading.Barrier) -> None:
        self.rank, self.size = rank, size
        self._table, self._gate = table, gate

    def gather(self, value: Any) -> list[Any]:
        """What each of them brought, in the order of their ranks."""
        self._table[self.rank] = value
        try:
            self._gate.wait()
            found = list(self._table)
            self._gate.wait()  # nobody brings the next value before all have read this one
        except threading.BrokenBarrierError:
            raise TimeoutError(
                f"process {self.rank} waits in a meeting to which not all of the {self.size} came"
            ) from None
        return found


def together(function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Call `function(peers, *arguments[r])` for every rank r at once; the first error is raised.

    >>> together(lambda peers, x: sum(peers.gather(x)) + peers.rank, [(1,), (2,)])
    [3, 4]
    """
    size = len(arguments)
    gate, table = threading.Barrier(size, timeout=WAIT_S), [None] * size

    def ended(copy: "Future[Any]") -> None:
        if copy.exception() is not None:
            gate.abort()  # the others need not wait

    with ThreadPoolExecutor(size) as pool:
        copies = []
        for rank, mine in enumerate(arguments):
            copies.append(pool.submit(function, Threads(rank, size, table, gate), *mine))
            copies[-1].add_done_callback(ended)
    errors = [error for copy in copies if (error := copy.exception()) is not None]
    # Whoever was left waiting is not the cause, if somebody else failed by himself.
    for error in sorted(errors, key=lambda one: isinstance(one, TimeoutError)):
        raise error
    return [copy.result() for copy in copies]


def split_sizes(
    peers: Any, expert_of_row: Int[Tensor, "R"], n_experts: int
) -> tuple[list[int], list[int]]:
    """How many of my rows leave for each process, and how many come from each.

    Process p owns experts p * E / size up to the next one's first. A process knows where its own
    rows go; what comes to it, the others have to say.

    >>> rows = [(torch.tensor([0, 0, 3]), 4), (torch.tensor([1, 2]), 4)]
    >>> together(split_sizes, rows)
    [([2, 1], [2, 1]), ([1, 1], [1, 1])]
    """
    counts = torch.bincount(expert_of_row, minlength=n_experts).view(peers.size, -1)
    leave = counts.sum(dim=1).tolist()
    come = [others[peers.rank] for others in peers.gather(leave)]
    return leave, come


def token_mean(peers: Any, losses: Float[Tensor, "B T"], mask: Bool[Tensor, "B T"]) -> float:
    """My share of the mean loss over all tokens of all processes: the shares add up to it.

    >>> data = [(torch.tensor([[2.0, 9.0]]), torch.tensor([[True, False]])),
    ...         (torch.tensor([[1.0, 3.0]]), torch.tensor([[True, True]]))]
    >>> together(token_mean, data)  # 2 / 3 and 4 / 3: together 6 / 3
    [0.666..., 1.333...]
    """
    tokens = sum(peers.gather(int(mask.sum())))
    return float(losses[mask].sum()) / max(1, tokens)


def clip_norm(
    peers: Any, gradients: Sequence[Float[Tensor, "..."]], max_norm: float
) -> tuple[float, list[Tensor]]:
    """Length of the whole gradient, of which I hold a part; and my part, scaled to `max_norm`.

    >>> norm, (mine,) = together(clip_norm, [([torch.tensor([3.0])], 1.0),
    ...                                      ([torch.tensor([4.0])], 1.0)])[0]
    >>> norm, mine
    (5.0, tensor([0.6000]))
    """
    squares = sum(float(gradient.square().sum()) for gradient in gradients)
    norm = sum(peers.gather(squares)) ** 0.5
    scale = min(1.0, max_norm / (norm + 1e-6))
    return norm, [gradient * scale for gradient in gradients]
