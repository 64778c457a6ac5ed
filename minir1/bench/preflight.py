"""The checks of `minir1 preflight`: what is here, and what the plan takes for granted.

    devices    how many in this machine, which, and the memory of one
    disk       bytes a second, written to where checkpoints will go and synced
    pass       a training pass over the longest row by a few of the model's layers, in FLOP/s of
               the slowest process, against the plan's share of the chip's peak

Not looked at yet: the links between GPUs, whose rates the plan takes from `plan/chips.py`.

A number is compared only with a number of the same thing. On a CPU there is no chip in the plan,
so what is found is told, and nothing is judged.
"""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch

from minir1.config import Config
from minir1.model.transformer import Transformer
from minir1.plan.chips import chip
from minir1.plan.dry_run import shortened
from minir1.plan.training_time import flops_a_token
from minir1.plan.workload import Assumptions, workload
from minir1.run.device import describe
from minir1.run.distributed import World

SLACK = 0.2
"""A machine may be this share worse than its plan."""
DISK_BYTES = 64 * 2**20
DISK_RATE = 200e6
"""Bytes a second that a checkpoint may expect of a disk: a slow network disk gives as much."""
LARGEST_ON_CPU = 512
"""Tokens of the trial pass where no chip is planned for, which is to be over soon."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    found: float | int | str
    planned: float | int | None
    verdict: Literal["ok", "FAIL", "-"]
    note: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def judge(name: str, found: float | int, planned: float | int | None, note: str) -> Check:
    """More is better. Without a plan for it, nothing is judged.

    >>> judge("disk", 70.0, 100.0, "GB/s").verdict, judge("link", 90.0, None, "").verdict
    ('FAIL', '-')
    """
    if planned is None:
        return Check(name, found, None, "-", note)
    return Check(name, found, planned, "ok" if found >= planned * (1 - SLACK) else "FAIL", note)


def preflight(config: Config, out: Path, world: World) -> list[Check]:
    """All checks, in this process and, where they meet, in all."""
    device = world.device(config.device)
    here = describe(device)
    planned = chip(config.gpu) if config.gpu and device.type == "cuda" else None
    note = f"{here['name']}, torch {here['torch']}"
    if planned is None:
        note += "; no GPU: what follows is told and not judged"
    devices = torch.cuda.device_count() if device.type == "cuda" else world.size
    checks = [judge("devices", devices, config.gpus if planned else None, note)]
    if device.type == "cuda":
        memory = float(torch.cuda.get_device_properties(device).total_memory)
        checks.append(judge("bytes of memory", memory, planned and planned.memory, "of one GPU"))
    checks.append(world.once(lambda: disk(out)))
    rate = min(world.gather(trial_pass(config, device)))
    share = planned.flops * Assumptions().training_mfu if planned else None
    checks.append(
        judge(
            "FLOP/s of one GPU", rate, share, "a training pass by a few layers, the slowest process"
        )
    )
    return checks


def disk(out: Path) -> Check:
    """Write where the run will write."""
    out.mkdir(parents=True, exist_ok=True)
    trial = out / f".preflight-{os.getpid()}"
    block = os.urandom(2**20)
    try:
        start = time.perf_counter()
        with trial.open("wb") as file:
            for _ in range(DISK_BYTES // len(block)):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        rate = DISK_BYTES / (time.perf_counter() - start)
    finally:
        trial.unlink(missing_ok=True)
    return judge("bytes/s to the disk", rate, DISK_RATE, str(out))


def trial_pass(config: Config, device: torch.device) -> float:
    """FLOP/s of a training pass over the longest row, by a few of the model's own layers."""
    on_gpu = device.type == "cuda"
    longest = workload(config, config.gpus, Assumptions()).longest
    length = longest if on_gpu else min(longest, LARGEST_ON_CPU)
    short = shortened(config, 2)
    backend = config.model.backend
    model = Transformer(replace(short.model, backend=backend, vocab_size=1024), device=device)
    model = model.to(torch.bfloat16 if config.parallel.dtype == "bfloat16" else torch.float32)
    ids = torch.zeros(1, length, dtype=torch.long, device=device)
    seconds = []
    for _ in range(3):  # the first one warms up
        start = time.perf_counter()
        model(ids).float().logsumexp(-1).sum().backward()
        model.zero_grad(set_to_none=True)
        if on_gpu:
            torch.cuda.synchronize(device)
        seconds.append(time.perf_counter() - start)
    return length * flops_a_token(model.config, length) / min(seconds[1:])
