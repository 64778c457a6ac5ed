"""Several cores or several processes, one model: who does which piece of a step's work.

Threads. A small model's matrices are too small to split over cores: with two threads inside each
operation, training is hardly faster than with one. But micro-batches are independent of each
other, and torch lets go of Python's lock while it computes. So each thread takes a whole
micro-batch: on two cores that trains 1.6 times as fast. (Sampling is not worth sharing: its
operations are so short that two threads wait for the lock, and both are slower than one.)

Processes. On many GPUs every process knows the whole step, does its share of the pieces, and
hears of the others' results. One process is not a special case: it is `Peers`, which does all of
the pieces and has nobody to ask. `run/distributed` has the peers that are many.

Results come back in the order of the work, never in the order of the clock, so a sum over
them has the same bits whatever the threads did. On a GPU there is one worker.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import torch
from torch import Tensor

Item = TypeVar("Item")
Result = TypeVar("Result")
Part = TypeVar("Part")


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], workers: int
) -> Iterator[Result]:
    """`work` of each item, in order. One worker computes each result when it is asked for.

    >>> list(in_order(abs, [-1, 2], workers=2))
    [1, 2]
    """
    if workers == 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(work, items)


class Peers:
    """The processes that share a step: here one, alone. What it is asked, it answers by itself."""

    size: int = 1
    """How many they are."""

    def each(
        self,
        work: Callable[[Item], Result],
        items: Iterable[Item],
        *,
        idle: Item | None = None,
        workers: int = 1,
    ) -> Iterator[Result]:
        """`work` of each item, in order, whoever did it.

        Where a process waits for the others inside `work`, all must work equally often: one that
        has no item left works on `idle`, whose result nobody sees.
        """
        return in_order(work, items, workers)

    def even_out(
        self,
        parts: list[list[int]],
        lengths: Sequence[int],
        cut: Callable[[Sequence[int], int], list[list[int]]],
        cost: Callable[[Sequence[int], Sequence[int]], int],
    ) -> list[list[int]]:
        """As many micro-batches for each (`batch.even_out`): here all are one's own as they are."""
        return parts

    def bring(self, batch: Part) -> Part:
        """A batch, to where the model computes: here it is there already."""
        return batch

    def gather(self, value: Any) -> list[Any]:
        """What each of them holds, in the order of their ranks."""
        return [value]

    def clip(self, parameters: Sequence[Tensor], max_norm: float) -> float:
        """Make the whole gradient at most `max_norm` long; how long it was."""
        return float(torch.nn.utils.clip_grad_norm_(parameters, max_norm))


ALONE = Peers()
