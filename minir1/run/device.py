"""Where the tensors live, and what this machine is.

`auto` takes a CUDA GPU where there is one, and the CPU otherwise. It never takes Apple's
`mps`: a model of a million parameters is so small that starting each of its kernels
costs more than the arithmetic, and a CPU run repeats bit for bit. Ask for `mps` by name
when the model is large.

`describe` is written beside every result, so that a number can always be traced to the
machine that gave it.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from minir1.config import require


def pick_device(name: str) -> torch.device:
    """The device called `name`: "auto", "cpu", "cuda", "cuda:1" or "mps".

    >>> pick_device("cpu")
    device(type='cpu')
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind, _, index = name.partition(":")
    known = kind in ("cpu", "cuda", "mps") and (not index or index.isdecimal())
    require(known, "device", name, 'use "auto", "cpu", "cuda", "cuda:<number>" or "mps"')
    if kind == "cuda":
        gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
        cure = f'this machine has {gpus} CUDA GPUs that torch can see; use "auto" or "cpu"'
        require(int(index or 0) < gpus, "device", name, cure)
    if kind == "mps":
        cure = 'this torch has no Apple GPU; use "auto" or "cpu"'
        require(torch.backends.mps.is_available(), "device", name, cure)
    return torch.device(name)


def processor_model() -> str:
    """The processor's name as its maker writes it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return platform.processor() or platform.machine()


def usable_cores() -> int:
    """Cores this process may use, which in a container can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def use_cores(threads: int, device: torch.device) -> int:
    """How many workers share the work (`rl/parallel.py`); 0 threads means all usable cores.

    Each worker computes on one core, so torch is told not to split its operations.
    """
    if device.type != "cpu":
        return 1
    torch.set_num_threads(1)
    return threads or usable_cores()


def describe(device: torch.device | str = "cpu") -> dict[str, Any]:
    """The machine in a few JSON values."""
    device = torch.device(device)
    on_gpu = device.type == "cuda"
    return {
        "device": device.type,
        "name": torch.cuda.get_device_name(device) if on_gpu else processor_model(),
        "processor": processor_model(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "cores": usable_cores(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "platform": platform.system(),
    }
