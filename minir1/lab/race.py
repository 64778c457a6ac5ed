"""`race(f)`: a kernel of yours beside plain torch, on a GPU; without one, only the target.

The targets are aims from arithmetic. None of them was run on a GPU yet, and the board does not
know of them: a slow right kernel has all its points.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from statistics import median
from typing import Any

import torch

from minir1.lab.picture import Note
from minir1.run.device import pick_device

TARGETS = {"tile_counts": 1.0, "places": 2.0, "grouped_product": 1.0, "collect": 2.0}
"""How many times as fast as the same step in torch the kernel should be."""
N, K, E, D, F, BLOCK = 16_384, 8, 64, 512, 512, 128
"""Tokens, experts a token, experts, widths, rows of a tile."""
ROUNDS = 30


def race(function: Callable[..., Any], device: str = "auto") -> Note:
    """Time `function` and torch on the same inputs, and say how they compare."""
    name = function.__name__
    if name not in TARGETS:
        raise ValueError(f"{name} has no target: use one of {', '.join(TARGETS)}")
    aim = f"The target of `{name}` is {TARGETS[name]:g} times the speed of the same step in torch"
    where = pick_device(device)
    if where.type != "cuda" or os.environ.get("TRITON_INTERPRET") == "1":
        return Note(
            f"{aim}. **Not run**: it needs a CUDA device and a kernel without TRITON_INTERPRET. "
            "It was run on no GPU yet."
        )
    inputs, plain = setting(name, where)
    ours, theirs = (seconds(lambda f=f: f(*inputs), where) for f in (function, plain))
    verdict = "reached" if theirs / ours >= TARGETS[name] else "not reached"
    return Note(f"{aim}. Measured {theirs / ours:.2f} times ({ours * 1e3:.3f} ms): {verdict}.")


def setting(name: str, where: torch.device) -> tuple[tuple[Any, ...], Callable[..., Any]]:
    """Inputs of a useful size, and the step in torch, vectorised."""
    flat = torch.rand(N, E, device=where).argsort(-1)[:, :K].flatten().int()
    counts = torch.nn.functional.one_hot(flat.long().view(-1, BLOCK), E).sum(1).T.int()
    starts = (counts.sum(1).cumsum(0) - counts.sum(1)).int()
    offsets = torch.cat([starts, starts.new_tensor([N * K])])
    rows = torch.empty(N * K, dtype=torch.int32, device=where)
    x, y = torch.randn(N * K, F, device=where), torch.randn(N * K, D, device=where)
    place = torch.randperm(N * K, device=where).view(N, K)
    settings: dict[str, tuple[tuple[Any, ...], Callable[..., Any]]] = {
        "tile_counts": (
            (flat, E, BLOCK, counts.clone()),
            lambda f, e, b, out: out.copy_(
                torch.nn.functional.one_hot(f.long().view(-1, b), e).sum(1).T
            ),
        ),
        "places": (
            (flat, starts, (counts.cumsum(1) - counts).int(), BLOCK, rows),
            lambda f, *rest: rest[-1].copy_(f.argsort(stable=True).argsort()),
        ),
        "grouped_product": (
            (x, offsets, torch.randn(E, D, F, device=where), y),
            lambda a, ends, w, out: out.copy_(
                torch.nn.functional.grouped_mm(
                    a.bfloat16(), w.bfloat16().transpose(1, 2), offs=ends[1:]
                )
            ),
        ),
        "collect": (
            (y, place, torch.rand(N, K, device=where), y[:N].clone()),
            lambda a, p, w, out: out.copy_((a[p] * w[..., None]).sum(1)),
        ),
    }
    return settings[name]


def seconds(work: Callable[[], Any], where: torch.device) -> float:
    """The median time of one call on a GPU, after some to warm up."""
    times = []
    for turn in range(ROUNDS):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        work()
        end.record()
        torch.cuda.synchronize(where)
        if turn >= ROUNDS // 3:
            times.append(start.elapsed_time(end) / 1e3)
    return median(times)
