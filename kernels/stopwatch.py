"""Time several sides fairly: in turn, with a cold cache, by medians.

A GPU's clock falls as it warms, so a number taken ten minutes later is another number. Every
round runs each side once, shortly, and a side's time is the median of its rounds; what is
reported beside it is the smallest and the largest.

    host      clear  wait  begin  launch ... launch  end
    device    [clear][   wait       ]begin[ the kernels of the call ]end

Before each call the L2 cache is overwritten: in training, other layers have used it since. Then
the device waits until the host has launched the whole call. Without the wait a router of ten
microseconds would be timed as the hundred that Python takes to launch it. So a time is the
device's, and what a call makes the device wait for (a size read back by the host) is in it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch

COLD_BYTES = 256 << 20
"""More than the L2 cache of any GPU."""
SPEND_S = 0.06
"""About how long one side is timed in one round."""
CYCLES_A_SECOND = 2e9
"""At least what a GPU's clock runs at, so that a wait in cycles is long enough."""
LONGEST_WAIT_S = 2e-3


def failures() -> tuple[type[Exception], ...]:
    """What a side may raise that says nothing of the other sides: of torch and CUDA, of Triton's
    compiler, and of a package whose interface is another than the one known here."""
    from triton.errors import TritonError

    changed = (ImportError, AttributeError, TypeError, ValueError, LookupError, AssertionError)
    return (RuntimeError, TritonError, *changed)


def told(error: Exception) -> str:
    """One line of an error.

    >>> told(ValueError("no room\\nat all"))
    'ValueError: no room'
    """
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:200]}"


def milliseconds(call: Callable[[], object], interpret: bool) -> float:
    """The median of one short round."""
    start = time.perf_counter()
    call()
    launching_s = time.perf_counter() - start
    if interpret:
        return 1e3 * launching_s
    torch.cuda.synchronize()
    runs = max(3, min(50, int(SPEND_S / (time.perf_counter() - start))))
    wait = int(CYCLES_A_SECOND * min(2 * launching_s, LONGEST_WAIT_S))
    cold = torch.empty(COLD_BYTES, dtype=torch.int8, device="cuda")
    clocks = [[torch.cuda.Event(enable_timing=True) for _ in range(2)] for _ in range(runs)]
    for begin, end in clocks:
        cold.zero_()
        torch.cuda._sleep(wait)
        begin.record()
        call()
        end.record()
    torch.cuda.synchronize()
    return statistics.median(begin.elapsed_time(end) for begin, end in clocks)


def race(
    sides: Mapping[str, Callable[[], object]], rounds: int, interpret: bool
) -> dict[str, dict[str, Any]]:
    """ "ms": milliseconds of each side in each round; "failed": why a side has none, if one has.
    The first call of a side, which compiles and tunes, is not counted."""
    found: dict[str, list[float]] = {}
    failed: dict[str, str] = {}
    for turn in range(rounds + 1):
        for name, call in sides.items():
            if name in failed:
                continue
            try:
                if turn:
                    found[name].append(milliseconds(call, interpret))
                else:
                    settle(call, interpret)
                    found[name] = []
            except failures() as error:
                failed[name] = told(error)
                found.pop(name, None)
    return {"ms": found} | ({"failed": failed} if failed else {})


def settle(call: Callable[[], object], interpret: bool) -> None:
    """Run a side to its end, so that an error of its kernels is not taken for the next side's."""
    call()
    if not interpret:
        torch.cuda.synchronize()


def device_name(interpret: bool) -> str:
    """What a row says about where it was taken."""
    return "Triton's interpreter (CPU)" if interpret else torch.cuda.get_device_name()
