"""Time several sides fairly: in turn, with a cold cache, by medians.

A GPU's clock falls as it warms, so a number taken ten minutes later is another number. Every
round runs each side once, shortly, and a side's time is the median of its rounds; what is
reported beside it is the smallest and the largest. Before each call Triton's `do_bench`
overwrites the L2 cache: in training, other layers have used it since.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

import torch


def milliseconds(call: Callable[[], object], interpret: bool) -> float:
    """The median of one short round."""
    if interpret:
        start = time.perf_counter()
        call()
        return 1e3 * (time.perf_counter() - start)
    from triton.testing import do_bench

    found = do_bench(call, warmup=10, rep=60, return_mode="median")
    assert isinstance(found, float)
    return found


def race(
    sides: Mapping[str, Callable[[], object]], rounds: int, interpret: bool
) -> dict[str, list[float]]:
    """Milliseconds of each side in each round. The first call of a side, which compiles and
    tunes, is not counted."""
    for call in sides.values():
        call()
    found: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, call in sides.items():
            found[name].append(milliseconds(call, interpret))
    return found


def median(times: list[float]) -> float:
    return statistics.median(times)


def device_name(interpret: bool) -> str:
    """What a row says about where it was taken."""
    return "Triton's interpreter (CPU)" if interpret else torch.cuda.get_device_name()
