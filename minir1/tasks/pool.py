"""A pool of worker processes that can be killed.

Work that may not end runs here, never in a thread and never under a signal: a thread can't be
stopped, and an alarm works in the main thread alone (graders built on one have paid 0 to every
sample of a trainer that scored in threads). The parent holds the clock. A worker that is late
is killed and replaced, and the next request finds a fresh one.

A worker may also die: killed by the system, out of memory, or by a fault in its handler. Its
request is asked once more. A second death at one request is `Died`, with the worker's last
words, which also go to the log: a grader that dies in silence pays nothing to anyone, and nobody
knows. A worker that dies before it was asked, while it waits or starts, is no fault of the
request: another one is asked.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from minir1.tasks.worker import Budget as Budget
from minir1.tasks.worker import Died as Died
from minir1.tasks.worker import Late as Late
from minir1.tasks.worker import Worker

RENEW = 2000
"""Requests that a worker serves before a fresh one takes over."""
TRIES = 2
"""Workers that may die at one request."""
STARTS = 6
"""Workers that one request may take. A handler that can't be made would cost one after another."""

_LOG = logging.getLogger(__name__)


class Pool:
    """Up to `size` workers. `target`, "module:function", names what makes their handler.

    A worker calls it once, before its first request, so slow imports cost no request its time.
    """

    def __init__(self, target: str, size: int = 2) -> None:
        self.target = target
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(size)

    def call(self, request: Any, budget: Budget | None = None) -> Any:
        """The reply to one request, or Late. Any number of threads may call at once."""
        budget = budget or Budget()
        with self._free:
            deaths, lost = 0, Died("")
            for _ in range(STARTS):
                worker = self._take()
                served = worker.served
                try:
                    reply = worker.ask(request, budget)
                except Died as died:
                    worker.kill()
                    lost = died
                    deaths += worker.served - served  # none, where it was dead before
                    if deaths == TRIES:
                        break
                    continue
                except Late:
                    worker.kill()
                    self._give_back(Worker(self.target), at=0)  # starts while others work
                    raise
                if worker.served < RENEW:
                    self._give_back(worker)
                else:
                    worker.kill()
                return reply
        what = "two workers died on one request" if deaths == TRIES else "its workers don't live"
        _LOG.warning("%s: %s: %s", self.target, what, lost.last)
        raise lost

    def _take(self) -> Worker:
        with self._lock:
            return self._idle.pop() if self._idle else Worker(self.target)

    def _give_back(self, worker: Worker, at: int | None = None) -> None:
        """The last one in is the next one out. A worker that still starts goes in at 0."""
        with self._lock:
            self._idle.insert(len(self._idle) if at is None else at, worker)

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
