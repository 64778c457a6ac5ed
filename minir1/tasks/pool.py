"""A pool of worker processes that can be killed.

Work that may not end runs here, never in a thread and never under a signal: a thread can't be
stopped, and an alarm works in the main thread alone (graders built on one have paid 0 to every
sample of a trainer that scored in threads). The parent holds the clock. A worker that is late
is killed and replaced, and the next request finds a fresh one.

    parent  --- one JSON line: the request --->  child: answers, under limits of its own
            <-- one JSON line: the reply -----

Both ways only JSON: no object that a model's text led to is ever unpickled. A child is a fresh
interpreter, so it shares no lock and no pipe with the trainer's other threads and processes.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import subprocess
import sys
import threading
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
RENEW = 2000
"""Requests that a worker serves before a fresh one takes over."""


@dataclass(slots=True)
class Budget:
    """Time that several requests share: those of one answer, say. A worker's start is free."""

    left_s: float = LIMIT_S


class Late(Exception):
    """The worker ran out of time or memory, and is gone."""


class Pool:
    """Up to `size` workers. `target`, "module:function", names what makes their handler.

    A worker calls it once, before its first request, so slow imports cost no request its time.
    """

    def __init__(self, target: str, size: int = 2) -> None:
        self.target = target
        self._idle: list[_Worker] = []
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(size)

    def call(self, request: Any, budget: Budget | None = None) -> Any:
        """The reply to one request, or Late. Any number of threads may call at once."""
        budget = budget or Budget()
        with self._free:
            for last in (False, True):
                with self._lock:
                    worker = self._idle.pop() if self._idle else _Worker(self.target)
                try:
                    reply = worker.ask(request, budget)
                except _Lost:
                    worker.kill()
                    # It may have been dead before it was asked: one more try.
                    if last:
                        raise Late from None
                    continue
                except Late:
                    worker.kill()
                    self._give_back(_Worker(self.target))  # starts while others work
                    raise
                if worker.served < RENEW:
                    self._give_back(worker)
                else:
                    worker.kill()
                return reply
        raise AssertionError("unreachable")

    def _give_back(self, worker: _Worker) -> None:
        with self._lock:
            self._idle.append(worker)

    def close(self) -> None:
        """End the workers that wait for work."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.kill()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Lost(Exception):
    """The pipe to the worker is closed: it died."""


class _Worker:
    """One child process and the two pipes to it."""

    def __init__(self, target: str) -> None:
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"import {__name__} as pool; pool.serve({target!r})"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": path, "PATH": os.environ.get("PATH", "")},
            start_new_session=True,
        )
        self.served = 0
        self.ready = False
        self.buffer = b""

    def ask(self, request: Any, budget: Budget) -> Any:
        if not self.ready:
            assert self._line(START_S) == "ready"
            self.ready = True
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise _Lost from None
        self.served += 1
        start = time.monotonic()
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
                raise _Lost
            self.buffer += chunk
        line, _, self.buffer = self.buffer.partition(b"\n")
        return json.loads(line)

    def kill(self) -> None:
        """End the process and wait until it is gone."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
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
    for what, amount in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, MEMORY)):
        with suppress(ValueError, OSError):  # macOS has no limit on address space
            resource.setrlimit(what, (amount, resource.getrlimit(what)[1]))
