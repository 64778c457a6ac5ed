"""One run, one worker: who is working on a run's folder, told by a lock on `process.json`.

    {"pid": 4242, "host": "studio"}

A command that trains holds the lock from its start to its end, however it ends: the operating
system gives a lock back when its holder dies. So two terminals can't write one diary, and a
notebook can see whether a run is alive, and whom to ask to stop. The file stays behind; without
the lock it means nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minir1.run.distributed import World

FILE = "process.json"
PATIENCE_S = 1.0
"""Somebody who only looks holds the lock too, for an instant."""


@dataclass(frozen=True, slots=True)
class Worker:
    """The process that works on a run."""

    pid: int
    host: str

    @property
    def here(self) -> bool:
        """Whether it runs on this machine, where a signal reaches it."""
        return self.host == platform.node()


@contextmanager
def claimed(run: Path, world: World) -> Iterator[None]:
    """Work on a run, alone: a ValueError says who is doing it already.

    A command claims its run from the start to the end, and each stage claims it for itself, for
    whoever trains without a command: where the process has it already, nothing more is done.
    """
    if world.once(lambda: held(run)):
        yield
        return
    world.once(lambda: refuse(run))  # all processes hear of it
    with world.on_main(claim(run)):
        yield


@contextmanager
def claim(run: Path) -> Iterator[None]:
    """Hold the lock of a run, and leave word who holds it."""
    run.mkdir(parents=True, exist_ok=True)
    handle = os.open(run / FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _locked(handle, fcntl.LOCK_EX, PATIENCE_S):
            raise _taken(run, worker(run))
        who = {"pid": os.getpid(), "host": platform.node()}
        os.ftruncate(handle, 0)
        os.write(handle, json.dumps(who).encode())
        yield
    finally:
        os.close(handle)


def held(run: Path) -> bool:
    """Whether this process works on the run."""
    who = worker(run)
    return who is not None and who.here and who.pid == os.getpid()


def refuse(run: Path) -> None:
    """A ValueError, if somebody works on the run."""
    if (found := worker(run)) is not None:
        raise _taken(run, found)


def worker(run: Path) -> Worker | None:
    """Who works on a run now; None if nobody does."""
    try:
        handle = os.open(run / FILE, os.O_RDONLY)
    except OSError:
        return None
    try:
        if _locked(handle, fcntl.LOCK_SH, 0.0):
            return None
        found = json.loads(os.read(handle, 100_000) or b"{}")
        return Worker(found["pid"], found["host"])
    except (ValueError, KeyError, TypeError):  # it has the lock, and is about to say who it is
        return Worker(0, "")
    finally:
        os.close(handle)


def _locked(handle: int, kind: int, patience_s: float) -> bool:
    """Take the lock; False if somebody else keeps it."""
    end = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
        except OSError:  # a disk without locks: nobody can be told apart
            return True
        time.sleep(0.05)


def _taken(run: Path, who: Worker | None) -> ValueError:
    name = f"process {who.pid} on {who.host}" if who is not None and who.pid else "another process"
    return ValueError(f"{name} is working on {run}: wait for its end, or stop it with Ctrl-C there")
