"""The variables of Slurm, SkyPilot and others, as four facts that torchrun needs.

    fact              SkyPilot                     Slurm (one task a node)   plain
    machines          SKYPILOT_NUM_NODES           SLURM_NNODES              NNODES
    this one          SKYPILOT_NODE_RANK           SLURM_NODEID              NODE_RANK
    the first one     first SKYPILOT_NODE_IPS      MASTER_ADDR (slurm.sh)    MASTER_ADDR
    processes in it   SKYPILOT_NUM_GPUS_PER_NODE   SLURM_GPUS_ON_NODE        NPROC

Without any of them, this machine is the only one, and starts one process a GPU.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PORT = "29500"

NAMES = {
    "SKYPILOT_NUM_NODES": ("SKYPILOT_NODE_RANK", "SKYPILOT_NODE_IPS", "SKYPILOT_NUM_GPUS_PER_NODE"),
    "SLURM_NNODES": ("SLURM_NODEID", "MASTER_ADDR", "SLURM_GPUS_ON_NODE"),
    "NNODES": ("NODE_RANK", "MASTER_ADDR", "NPROC"),
}


GPU_COUNTS = ("SKYPILOT_NUM_GPUS_PER_NODE", "SLURM_GPUS_ON_NODE")
"""Who sets one of these has granted GPUs."""


@dataclass(frozen=True, slots=True)
class Machines:
    """How many machines there are, and which one this is."""

    count: int
    this: int
    first: str
    processes: str
    """In each machine; "gpu" is one for each GPU that torch sees."""
    port: str = PORT


def machines(variables: Mapping[str, str]) -> Machines:
    """What the provider says, or this machine alone.

    >>> machines({"NNODES": "2", "NODE_RANK": "1", "MASTER_ADDR": "10.0.0.1", "NPROC": "8"})
    Machines(count=2, this=1, first='10.0.0.1', processes='8', port='29500')
    >>> machines({}).count
    1
    """
    port = variables.get("MASTER_PORT", PORT)
    for counted, (rank, address, processes) in NAMES.items():
        if counted not in variables:
            continue
        count = number(variables, counted, least=1)
        each = str(number(variables, processes, least=1)) if processes in variables else "gpu"
        if count == 1:
            return Machines(1, 0, "", each, port)
        this = number(variables, rank, least=0)
        if this >= count:
            raise ValueError(f"{rank} = {this} can't be used: {counted} = {count}, count from 0")
        addresses = variables.get(address, "").split()
        if not addresses:
            raise ValueError(f"{address} is not set: give the address of the first machine")
        return Machines(count, this, addresses[0], each, port)
    return Machines(1, 0, "", variables.get("NPROC", "gpu"), port)


def number(variables: Mapping[str, str], name: str, *, least: int) -> int:
    """A whole number among the variables."""
    text = variables.get(name, "")
    if not text.isdecimal() or int(text) < least:
        raise ValueError(f"{name} = {text!r} can't be used: give a whole number from {least} on")
    return int(text)


def check_gpus(where: Machines, variables: Mapping[str, str]) -> None:
    """A ValueError, unless torch sees the GPUs that were rented: a CPU would cost the same.

    A number of processes that you give by hand (NPROC) may be one of a CPU's.
    """
    if where.processes != "gpu" and not any(name in variables for name in GPU_COUNTS):
        return
    import torch

    seen = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if not seen:
        built = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built for CPUs"
        raise ValueError(
            f"torch {torch.__version__}, {built}, sees no GPU here: `nvidia-smi` shows whether "
            "there is one and which CUDA its driver knows; for an older one, install torch from "
            "https://download.pytorch.org/whl/cu126. To try it on a CPU, set NPROC=2"
        )
    if where.processes != "gpu" and seen < int(where.processes):
        raise ValueError(
            f"torch sees {seen} GPUs here, and {where.processes} processes are to be started, one "
            "on each: is CUDA_VISIBLE_DEVICES set, or was less granted than asked for?"
        )


def torchrun(where: Machines, words: list[str]) -> list[str]:
    """The command for one machine. `words` are those of `minir1 run`, or begin with `preflight`."""
    command = words[:1] if words[:1] == ["preflight"] else ["run", *words[:1]]
    meet = ["--standalone"]
    if where.count > 1:
        meet = [
            f"--nnodes={where.count}",
            f"--node-rank={where.this}",
            f"--master-addr={where.first}",
            f"--master-port={where.port}",
        ]
    return [
        str(Path(sys.executable).with_name("torchrun")),
        *meet,
        f"--nproc-per-node={where.processes}",
        "--signals-to-handle=SIGTERM,SIGINT,SIGHUP,SIGQUIT,SIGUSR1",
        "-m",
        "minir1",
        *command,
        *words[1:],
    ]
