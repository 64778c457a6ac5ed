"""One worker: a child process that can be killed, and the two pipes to it.

    parent  --- one JSON line: the request --->  child: answers, under limits of its own
            <-- one JSON line: the reply -----

Both ways only JSON: no object that a model's text led to is ever unpickled. A child is a fresh
interpreter, so it shares no lock and no pipe with the trainer's other threads and processes.
What it says on stderr goes into a small file without a name, and is read when it has died.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

LIMIT_S = 1.5
"""A request's time by the parent's clock."""
START_S = 120.0
"""A worker's time to start, on a machine busy with other things."""
MEMORY = 2**30
"""Bytes of address space of a worker."""
MAX_REPLY = 65_536
MAX_WRITTEN = 2**20
"""Bytes of any file that a worker writes, its stderr included."""
MAX_LAST = 200


@dataclass(slots=True)
class Budget:
    """Time that several requests share: those of one answer, say. A worker's start is free."""

    left_s: float = LIMIT_S


class Late(Exception):
    """The worker ran out of time, and is gone."""


class Died(Late):
    """The worker is gone, and not for want of time; `last` is the last line of its stderr."""

    def __init__(self, last: str) -> None:
        super().__init__(f"a worker died: {last or 'it said nothing'}")
        self.last = last

    @property
    def out_of_memory(self) -> bool:
        return self.last.startswith("MemoryError")


class Worker:
    """One child process that serves the handler of `target`, "module:function"."""

    def __init__(self, target: str) -> None:
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        self.stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed in kill()
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"import {__name__} as worker; worker.serve({target!r})"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.stderr,
            env={"PYTHONPATH": path, "PATH": os.environ.get("PATH", "")},
            start_new_session=True,
        )
        self.served = 0
        self.ready = False
        self.buffer = b""

    def ask(self, request: Any, budget: Budget) -> Any:
        """The reply to one request; Late or Died where there is none."""
        if not self.ready:
            assert self._line(START_S) == "ready"
            self.ready = True
        assert self.process.stdin is not None
        start = time.monotonic()  # before it is sent: the child may be quicker than this process
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise self._died() from None
        self.served += 1
        reply = self._line(budget.left_s)
        budget.left_s -= time.monotonic() - start
        return reply

    def _line(self, limit_s: float) -> Any:
        """The next line of the child, within the time."""
        assert self.process.stdout is not None
        end = time.monotonic() + limit_s
        pipe = self.process.stdout.fileno()
        poll = select.poll()  # not select.select, which fails where a trainer has many files
        poll.register(pipe, select.POLLIN | select.POLLHUP)
        while b"\n" not in self.buffer:
            left = end - time.monotonic()
            if left <= 0 or len(self.buffer) > MAX_REPLY or not poll.poll(left * 1000):
                raise Late
            chunk = os.read(pipe, 4096)
            if not chunk:
                raise self._died()
            self.buffer += chunk
        line, _, self.buffer = self.buffer.partition(b"\n")
        return json.loads(line)

    def _died(self) -> Died:
        """Its last words, or the signal that ended it."""
        status = self.process.wait()
        # Only the end is read; the file shares its position with the child, which is gone.
        self.stderr.seek(max(0, self.stderr.seek(0, os.SEEK_END) - 2000))
        lines = self.stderr.read().decode(errors="replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "")
        return Died(
            last[:MAX_LAST] or (f"signal {-status}" if status < 0 else f"exit status {status}")
        )

    def kill(self) -> None:
        """End the process and wait until it is gone."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout, self.stderr):
            with suppress(BrokenPipeError):
                if pipe:
                    pipe.close()
        self.process.wait()


def serve(target: str) -> None:
    """The child's life: a request a line, until the parent closes the pipe."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    # What the handler prints must not look like a reply.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    module, _, name = target.partition(":")
    handler: Callable[[Any], Any] = getattr(importlib.import_module(module), name)()
    _send(replies, "ready")
    for line in requests:
        _limit()
        _send(replies, handler(json.loads(line)))


def _send(replies: Any, reply: Any) -> None:
    replies.write(json.dumps(reply).encode() + b"\n")
    replies.flush()


def _limit() -> None:
    """Memory and processor time, should the parent be gone and unable to kill."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + LIMIT_S) + 2
    limits = {"RLIMIT_CPU": seconds, "RLIMIT_AS": MEMORY, "RLIMIT_FSIZE": MAX_WRITTEN}
    for what, amount in limits.items():
        with suppress(ValueError, OSError):  # macOS has no limit on address space
            number = getattr(resource, what)
            resource.setrlimit(number, (amount, resource.getrlimit(number)[1]))
