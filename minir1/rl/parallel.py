"""Several cores, one model: independent pieces of work on threads, results in order.

A small model's matrices are too small to split over cores: with two threads inside each
operation, training is hardly faster than with one. But micro-batches are independent of each
other, and torch lets go of Python's lock while it computes. So each thread takes a whole
micro-batch: on two cores that trains 1.6 times as fast. (Sampling is not worth sharing: its
operations are so short that two threads wait for the lock, and both are slower than one.)

Results come back in the order of the work, never in the order of the clock, so a sum over
them has the same bits whatever the threads did. On a GPU there is one worker.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


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
