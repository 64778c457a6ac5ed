"""`join`: which world this process belongs to, and how it ends.

    torchrun --nproc-per-node 4 -m minir1 run laptop --parallel.expert-parallel 2

starts the same program four times, and says to each by environment variables which one it is.
`accelerate launch` and `notebook_launcher` set the same variables. Without them the process is
alone, and `join` gives the null object.

Every process ends with a cause. One that is killed, or hangs, makes all others stop within
`parallel.timeout_s`; they say which process went silent, and at which step it was last heard.
"""

from __future__ import annotations

import contextlib
import gc
import math
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist

from minir1.config import Config, require
from minir1.run.device import pick_device
from minir1.run.distributed.world import SOLO, World

SECONDS_TO_SPEAK = 5.0
"""How long a process that lost another one waits to hear who else is still there."""


class ProcessLost(ConnectionError):
    """Another process died or hangs; this one can't go on without it."""


@contextlib.contextmanager
def join(config: Config) -> Iterator[World]:
    """The world of this run, for as long as the `with` lasts."""
    parallel = config.parallel
    needs_shards = parallel.dtype != "float32" or parallel.offload_optimizer
    if "RANK" not in os.environ and not needs_shards:
        require(
            parallel.expert_parallel == 1,
            "parallel.expert_parallel",
            parallel.expert_parallel,
            "one process was started; start more, with "
            f"`torchrun --nproc-per-node {parallel.expert_parallel} -m minir1 ...`",
        )
        yield SOLO
        return
    from minir1.run.distributed.processes import Processes  # FSDP takes a second to import

    size, owners = int(os.environ.get("WORLD_SIZE", "1")), parallel.expert_parallel
    # Before anybody is asked for anything, so that each process says it by itself.
    cure = f"use a divisor of the {size} processes that were started"
    require(size % owners == 0, "parallel.expert_parallel", owners, cure)
    with contextlib.ExitStack() as stack:
        try:
            world = Processes(parallel, start(config))
            if not world.is_main:  # one process talks to the terminal
                quiet = stack.enter_context(open(os.devnull, "w"))
                stack.enter_context(contextlib.redirect_stdout(quiet))
            yield world
        except RuntimeError as error:
            if not from_network(error):
                raise
            raise ProcessLost(who_is_silent(str(error))) from error
        except (ValueError, OSError, KeyboardInterrupt):
            if dist.is_initialized():  # the others leave too, or see that this one has gone
                dist.destroy_process_group()
            raise
    # In this order, or gloo's threads may still be at work while the interpreter ends.
    gc.collect()
    dist.barrier()
    dist.destroy_process_group()


def start(config: Config) -> torch.device:
    """Meet the other processes; the device of this one."""
    device = pick_device(config.device)
    timeout = timedelta(seconds=config.parallel.timeout_s)
    if device.type == "cuda":
        mine, gpus = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
        cure = f"torch sees {gpus} GPUs here: start one process a GPU, with --nproc-per-node {gpus}"
        require(mine < gpus, "LOCAL_RANK", mine, cure)
        device = torch.device("cuda", mine)
        torch.cuda.set_device(device)
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    if "RANK" in os.environ:
        dist.init_process_group(backend, timeout=timeout)
    else:  # alone, and still in shards: for their number types, or to offload
        store = dist.HashStore()  # type: ignore[attr-defined]
        dist.init_process_group(backend, store=store, rank=0, world_size=1)
    return device


def fitting(config: Config) -> Config:
    """The config with as many owners of the experts as the started processes allow.

    For a look at the machine: a run itself is never started with fewer than it asks for.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    owners = math.gcd(config.parallel.expert_parallel, size)
    return replace(config, parallel=replace(config.parallel, expert_parallel=owners))


def from_network(error: RuntimeError) -> bool:
    """Whether this is what torch.distributed raises when another process doesn't answer."""
    words = ("gloo", "Connection", "Socket", "Timed out", "timed out", "NCCL", "peer")
    return isinstance(error, dist.DistError) or any(word in str(error) for word in words)


def who_is_silent(cause: str) -> str:
    """One sentence that names the processes that no longer answer.

    A process that lost another says so in the store that all share, and closes its connections,
    so that all others notice, too. Those that haven't said so soon after are the silent ones.
    """
    try:
        store = dist.distributed_c10d._get_default_store()
        store.set(f"lost/{dist.get_rank()}", "1")
        silent = list(range(dist.get_world_size()))
        dist.destroy_process_group()
        deadline = time.monotonic() + SECONDS_TO_SPEAK
        while time.monotonic() < deadline and len(silent) > 1:
            silent = [rank for rank in silent if not store.check([f"lost/{rank}"])]
            time.sleep(0.1)
        if not silent:
            return f"the processes lost each other, though all are there: {first_words(cause)}"
        heard = [last_heard(store, rank) for rank in silent]
    except (RuntimeError, ValueError):  # ValueError: this process had met nobody yet
        return "process 0 no longer answers, and with it went the list of the others: " + RESUME
    return f"no answer from {'; '.join(heard)}: " + RESUME


RESUME = (
    "it was killed, hangs, or is at work for longer than parallel.timeout_s "
    "(its own log says more, if it could write one). "
    "The last checkpoint is good, and the same command goes on from it"
)


def last_heard(store: Any, rank: int) -> str:
    """Which process, at which step, and how long ago."""
    if not store.check([f"beat/{rank}"]):
        return f"process {rank}, which never came to a step"
    step, when = store.get(f"beat/{rank}").decode().split()
    return f"process {rank}, last heard at step {step}, {time.time() - float(when):.0f} s ago"


def first_words(text: str) -> str:
    """The first sentence of an error that may hold a C++ stack."""
    return text.strip().split("\n")[0].split(". ")[0] or "no reason given"
