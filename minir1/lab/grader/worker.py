"""The parent's side of the nursery: ask, wait, and kill what doesn't answer.

Everything that comes back is bytes until `records` has read them as plain data; bytes that can't
be read are the answer's own doing, and end the list there.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import pickle
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from safetensors import SafetensorError

from minir1.lab.grader.plain import unpack

MEMORY_BYTES = 2 * 2**30
"""What an answer may allocate beyond the warm process."""
REPLY_BYTES = 16 * 2**20
START_S = 120.0
GRACE_S = 20.0
"""How long past an answer's own limit the nursery itself may take."""


@dataclass(frozen=True, slots=True)
class Reply:
    """How the child ended ("exit 0", "late", "large", "signal 9", "lost"), and what it told."""

    ended: str
    records: list[dict[str, Any]]

    def by_text(self) -> list[list[dict[str, Any]]]:
        """The records of each text that ran: the one of its start, then one a case."""
        parts: list[list[dict[str, Any]]] = [[]]
        for record in self.records:
            if "done" in record:
                parts.append([])
            else:
                parts[-1].append(record)
        return parts if parts[-1] or len(parts) == 1 else parts[:-1]


class Lost(Exception):
    """The nursery is gone, or doesn't answer."""


class Worker:
    """One nursery, started when it is first needed and again when it is gone."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = False
        self._lock = threading.Lock()

    def warm(self) -> None:
        """Start the nursery, and don't wait for it."""
        with self._lock:
            self._start()

    def ask(self, job: dict[str, Any], wall_s: float) -> Reply:
        """Run one answer in a child of the nursery."""
        limits = {"wall_s": wall_s, "reply_bytes": REPLY_BYTES}
        head = json.dumps(limits | {"packages": job.get("packages", ())}).encode()
        request = pickle.dumps(job)
        with self._lock:
            heard = False
            try:
                self._start()
                self._send(head)
                self._send(request)
                end = time.monotonic() + wall_s + GRACE_S
                ended = self._frame(end).decode()
                reply = Reply(ended, records(self._frame(end)))
                heard = True
            except (Lost, BrokenPipeError):
                reply = Reply("lost", [])
            finally:
                if not heard:  # interrupted by hand, too: its reply must not answer the next one
                    self._kill()
            return reply

    def close(self) -> None:
        """End the nursery."""
        with self._lock:
            self._kill()

    def _start(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self._kill()
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "minir1.lab.grader.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Nothing of the learner's environment; an answer has the same surroundings each time.
            env={"PYTHONPATH": path, "PATH": os.environ.get("PATH", ""), "PYTHONHASHSEED": "0"}
            | {"TRITON_INTERPRET": "1"}
            | threads,
            start_new_session=True,
        )

    def _send(self, data: bytes) -> None:
        assert self._process is not None and self._process.stdin is not None
        if not self._ready:
            try:
                self._frame(time.monotonic() + START_S)
            except Lost as error:
                self._kill()
                raise RuntimeError(
                    "the grader's own process did not start: run "
                    "`python -m minir1.lab.grader.nursery` to see why"
                ) from error
            self._ready = True
        self._process.stdin.write(len(data).to_bytes(8, "big") + data)
        self._process.stdin.flush()

    def _frame(self, end: float) -> bytes:
        return self._bytes(int.from_bytes(self._bytes(8, end), "big"), end)

    def _bytes(self, count: int, end: float) -> bytes:
        assert self._process is not None and self._process.stdout is not None
        pipe, heard = self._process.stdout.fileno(), bytearray()
        poll = select.poll()
        poll.register(pipe, select.POLLIN | select.POLLHUP)
        while len(heard) < count:
            left = end - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                raise Lost
            chunk = os.read(pipe, count - len(heard))
            if not chunk:
                raise Lost
            heard += chunk
        return bytes(heard)

    def _kill(self) -> None:
        process, self._process, self._ready = self._process, None, False
        if process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        for pipe in (process.stdin, process.stdout):
            with suppress(BrokenPipeError):
                if pipe:
                    pipe.close()
        process.wait()


def records(data: bytes) -> list[dict[str, Any]]:
    """The records of a child, as far as they can be read."""
    found = []
    while len(data) >= 8:
        end = 8 + int.from_bytes(data[:8], "big")
        if len(data) < end:
            break
        try:
            record = unpack(data[8:end])
        except (ValueError, KeyError, TypeError, IndexError, SafetensorError, struct.error):
            break
        if not isinstance(record, dict):
            break
        found.append(record)
        data = data[end:]
    return found


@functools.cache
def the_worker() -> Worker:
    """The one that this process shares; it ends with the process."""
    worker = Worker()
    atexit.register(worker.close)
    return worker
