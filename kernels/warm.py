"""Compile what liger-kernel would tune, on all cores, before the benchmark calls it.

At its first call liger-kernel 0.8.5 compiles and times 240 configs for its seven kernels, one
after another: minutes a shape, on one core, while the GPU waits. What a config compiles to is
kept on disk. So here some processes share the configs out, and each runs its part once on a few
tokens; the benchmark's own process still tries them all, but only times them.

    configs   0 1 2 3 4 5 6 7 8 ...
    process   0 1 2 3 0 1 2 3 0 ...      each compiles its own, and times none

    python kernels/warm.py 0 8 moonlight laptop     what the first of 8 processes runs

Nothing of minir1's is compiled here: its tiles stand in a table, so there is nothing to try.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

TOKENS = 512
"""Enough that a count of rows divides by 16, which a compiled kernel is specialised for."""


def tuners(module: object) -> list[Any]:
    """The kernels of a module that choose a config when they are first called."""
    from triton.runtime.autotuner import Autotuner

    return [kernel for kernel in vars(module).values() if isinstance(kernel, Autotuner)]


def take_part(module: object, part: int, of: int) -> None:
    """Leave each tuner every `of`-th of its configs, from number `part` on, to run once."""

    def once(call: Callable[[], object], quantiles: tuple[float, ...]) -> list[float]:
        call()
        return [0.0] * len(quantiles)

    for tuner in tuners(module):
        tuner.configs = tuner.configs[part % len(tuner.configs) :: of]
        tuner.do_bench = once


def compile_together(names: list[str]) -> None:
    """Share the configs out among as many processes as there are cores, 12 at most."""
    if not find_spec("liger_kernel"):
        return
    start, of = time.perf_counter(), max(1, min(12, os.cpu_count() or 1))
    print(f"{of} processes compile what liger-kernel will try ...", flush=True)
    commands = [[sys.executable, __file__, str(part), str(of), *names] for part in range(of)]
    for process in [subprocess.Popen(c, stderr=subprocess.DEVNULL) for c in commands]:
        process.wait()  # one that fails leaves its part to the benchmark
    print(f"... in {time.perf_counter() - start:.0f} s", flush=True)


def main(words: list[str]) -> int:
    """Run liger's layer forward and backward with one part of its configs, at every width."""
    import sides
    import torch
    from liger_kernel.ops import fused_moe_kernels
    from shapes import SHAPES, layer_inputs

    take_part(fused_moe_kernels, part=int(words[0]), of=int(words[1]))
    for name in words[2:]:
        few = replace(SHAPES[name], N=TOKENS, E=2 * SHAPES[name].K)
        inputs = layer_inputs(few, "balanced", "cuda", torch.bfloat16)
        sides.training_of(sides.layers(False)["liger"], inputs)()
        torch.cuda.synchronize()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
