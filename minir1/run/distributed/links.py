"""How fast the links between the processes are: the collectives that a step is made of, timed.

    all-gather        weights come together before a layer computes with them
    reduce-scatter    gradients are summed, and each process keeps its part
    all-to-all        rows travel to the owners of their experts

Counted is the payload as the plan counts it (`plan/traffic.py`): the whole that a collective
works on. The slowest process tells, and the first turn is not counted: it sets up connections.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist

PAYLOAD = {"cuda": 2**28, "cpu": 2**22}
"""Bytes: enough to fill a link, and soon over."""
TURNS = 5


def rates(device: torch.device, everyone: Any, owners: Any) -> dict[str, float]:
    """Bytes a second of each collective. All processes come to this together."""
    size = dist.get_world_size(everyone)
    count = PAYLOAD.get(device.type, PAYLOAD["cpu"]) // 4 // size // dist.get_world_size(owners)
    part = torch.zeros(count * dist.get_world_size(owners), device=device)
    whole = torch.zeros(size * len(part), device=device)

    def gather() -> None:
        dist.all_gather_into_tensor(whole, part, group=everyone)

    def scatter() -> None:
        dist.reduce_scatter_tensor(part, whole, group=everyone)

    def travel() -> None:
        dist.all_to_all_single(torch.empty_like(whole), whole, group=owners)

    turns = {"all-gather": gather, "reduce-scatter": scatter, "all-to-all": travel}
    return {name: whole.nbytes / seconds(device, turn) for name, turn in turns.items()}


def seconds(device: torch.device, turn: Callable[[], None]) -> float:
    """One turn's time on the slowest process, as the mean of a few that follow each other."""

    def finished() -> float:
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter()

    turn()
    dist.barrier()
    started = finished()
    for _ in range(TURNS):
        turn()
    taken = torch.tensor((finished() - started) / TURNS, dtype=torch.float64, device=device)
    dist.all_reduce(taken, dist.ReduceOp.MAX)
    return float(taken)
