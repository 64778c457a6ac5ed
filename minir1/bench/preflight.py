"""The checks of `minir1 preflight`: what is here, and what the plan takes for granted.

    devices    how many, which, and the memory of one
    disk       bytes a second, written to where checkpoints will go and synced; room for them
    links      bytes a second of each collective between the processes (run/distributed/links.py)
    step       tokens a second of a longest step by a few of the model's layers (trial.py)

A number is compared only with a number of the same thing. On a CPU there is no chip in the plan,
so what is found is told, and nothing is judged. A rate may be a fifth below the plan's: the run is
slower. What is counted (devices, memory, room) may not: the run would end there.
"""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from minir1.bench.trial import found, planned, trial
from minir1.config import Config
from minir1.model.count import parameters
from minir1.plan.chips import Chip, chip
from minir1.plan.disk import DISK_RATE
from minir1.plan.disk import disk as disk_of
from minir1.plan.traffic import collective_rates
from minir1.run.device import describe
from minir1.run.distributed import World

SLACK = 0.2
"""A machine may be this share slower than its plan."""
DISK_BYTES = 64 * 2**20
MOST_TOKENS = {"cuda": 2**20, "cpu": 512}
"""In a micro-batch of the trial. Where no chip is planned for, it is to be over soon."""

LARGEST_UNPLANNED = 10**8
"""Parameters of the trial where no chip is planned for: 16 bytes each must fit, too."""


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

    def __str__(self) -> str:
        """What is wrong, for the last line.

        >>> print(judge("disk", 70e6, 100e6, "/runs"))
        disk: 7e+07, 30% below the plan's 1e+08 (/runs)
        """
        if not isinstance(self.found, int | float) or not self.planned:
            return f"{self.name}: {self.found} ({self.note})"
        off = self.found / self.planned - 1
        which = "below" if off < 0 else "above"
        return (
            f"{self.name}: {self.found:.3g}, {abs(off):.0%} {which} the plan's {self.planned:.3g} "
            f"({self.note})"
        )


def judge(
    name: str,
    found: float | int,
    planned: float | int | None,
    note: str,
    *,
    slack: float | int = SLACK,
) -> Check:
    """More is better. Without a plan for it, nothing is judged.

    >>> judge("disk", 70.0, 100.0, "GB/s").verdict, judge("link", 90.0, None, "").verdict
    ('FAIL', '-')
    """
    if planned is None:
        return Check(name, found, None, "-", note)
    return Check(name, found, planned, "ok" if found >= planned * (1 - slack) else "FAIL", note)


def planned_chip(config: Config, world: World) -> Chip | None:
    """The chip that the machine is compared with; None where the plan has none for it."""
    on_gpu = world.device(config.device).type == "cuda"
    return chip(config.gpu) if config.gpu and on_gpu else None


def preflight(config: Config, out: Path, world: World, against: Chip | None) -> list[Check]:
    """All checks, in this process and, where they meet, in all."""
    device = world.device(config.device)
    here = describe(device)
    note = f"{here['name']}, torch {here['torch']}"
    if against is None:
        note += "; no GPU: what follows is told and not judged"
    count = torch.cuda.device_count() if device.type == "cuda" else world.size
    checks = [judge("devices", max(count, world.size), against and config.gpus, note, slack=0)]
    if device.type == "cuda":
        memory = float(torch.cuda.get_device_properties(device).total_memory)
        wanted = against and against.memory
        checks.append(judge("bytes of memory", memory, wanted, "of one GPU", slack=0))
    checks.append(world.once(lambda: disk(out)))
    checks.append(world.once(lambda: room(out, config, against)))
    return checks + links(config, world, against) + step(config, world, against, device)


def links(config: Config, world: World, against: Chip | None) -> list[Check]:
    """Each collective between the processes that were started."""
    seen, owners = world.links(), config.parallel.expert_parallel
    rates = collective_rates(against, world.size, owners) if against else {}
    note = f"payload between {world.size} processes"
    return [judge(f"bytes/s, {name}", seen[name], rates.get(name), note) for name in seen]


def step(config: Config, world: World, against: Chip | None, device: torch.device) -> list[Check]:
    """A longest step, by a few layers."""
    tried = trial(config, MOST_TOKENS.get(device.type, MOST_TOKENS["cpu"]))
    size = parameters(tried.config.model)
    if against is None and size > LARGEST_UNPLANNED:
        why = f"{size:.1e} parameters in a few layers, and no GPU of the plan to hold them"
        return [Check("tokens/s", "not tried", None, "-", why)]
    seen = found(tried, world)
    plan = planned(tried, against, world.size) if against else {}
    layers = f"{tried.config.model.n_layers} layers"
    notes = {
        "training": f"{layers}, {tried.rows} x {tried.length} tokens a process",
        "sampling": f"{layers}, {tried.sampled} rows a process behind {tried.length} tokens",
    }
    return [judge(f"tokens/s, {n}", seen[n], plan.get(n), notes[n]) for n in seen]


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


def room(out: Path, config: Config, against: Chip | None) -> Check:
    """Whether the checkpoints that a run keeps fit, those that it has already included."""
    needed = disk_of(config).kept if against else None
    mine = sum(file.stat().st_size for file in (out / "checkpoints").rglob("*.safetensors"))
    free = float(shutil.disk_usage(out).free + mine)
    return judge("bytes free on the disk", free, needed, f"{out}, for all that is kept", slack=0)
