"""The nursery: a warm process that has imported torch, and forks a child for each answer.

    parent  --- limits, request --->  nursery  --- fork --->  child
            <-- how it ended, its bytes ---    <-- bytes ---

To import torch takes seconds, a fork takes milliseconds. The nursery holds the clock: a child
that is late is killed with all that it started. It passes the child's bytes on without a look.

`python -m minir1.lab.grader.nursery` starts one; `worker.py` is the other side.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import sys
import time
from contextlib import suppress
from typing import Any, BinaryIO

from minir1.lab.grader import child

READY = b"ready"
CHUNK = 65_536
SET_PARENT_DEATH_SIGNAL = 1


def main() -> None:
    """Serve requests until the parent closes the pipe."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    # What an answer prints must not look like a reply.
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    import minir1.lab.exercises  # noqa: F401 - what the cases are made of, so that a fork has it

    send(replies, READY)
    while head := receive(requests):
        request, limits = receive(requests), json.loads(head)
        for package in limits["packages"]:  # once, so that no child has to
            importlib.import_module(package)
        ended, heard = run(limits, request, (requests, replies))
        send(replies, ended.encode())
        send(replies, heard)


def run(
    limits: dict[str, Any], request: bytes, ours: tuple[BinaryIO, BinaryIO]
) -> tuple[str, bytes]:
    """Fork a child for one request, hear it out, and leave nothing of it behind."""
    read_end, write_end = os.pipe()
    process = os.fork()
    if process == 0:
        be_a_child(request, write_end, read_end, ours)
    os.close(write_end)
    heard, verdict = listen(read_end, limits["wall_s"], limits["reply_bytes"])
    os.close(read_end)
    ended = status = 0
    if not verdict:  # it closed the pipe: it has ended, or is about to
        end = time.monotonic() + 1.0
        while not ended and time.monotonic() < end:
            ended, status = os.waitpid(process, os.WNOHANG)
            time.sleep(0 if ended else 0.001)
    with suppress(ProcessLookupError, PermissionError):  # what it started, too
        os.killpg(process, signal.SIGKILL)
    if not ended:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
    return verdict or ending(status), heard


def be_a_child(
    request: bytes, write_end: int, read_end: int, ours: tuple[BinaryIO, BinaryIO]
) -> None:
    """What the fork does: its own session, none of our pipes, then the answer; then it exits."""
    try:
        os.setsid()
        os.close(read_end)
        for pipe in ours:
            os.close(pipe.fileno())
        if sys.platform == "linux":
            import ctypes

            ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        child.serve(request, write_end)
    finally:
        os._exit(child.BROKEN)


def listen(pipe: int, wall_s: float, most: int) -> tuple[bytes, str]:
    """What the child says, until it ends, is late, or says too much."""
    heard = bytearray()
    deadline = time.monotonic() + wall_s
    ready = select.poll()
    ready.register(pipe, select.POLLIN | select.POLLHUP)
    while True:
        left_s = deadline - time.monotonic()
        if left_s <= 0 or not ready.poll(1000 * left_s):
            return bytes(heard), "late"
        chunk = os.read(pipe, CHUNK)
        heard += chunk
        if not chunk:
            return bytes(heard), ""
        if len(heard) > most:
            return bytes(heard[:most]), "large"


def ending(status: int) -> str:
    """How a process ended, in a word: "exit 0", "signal 9", or "late" for its processor time."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return "late" if number == signal.SIGXCPU else f"signal {number}"
    return f"exit {os.WEXITSTATUS(status)}"


def send(pipe: BinaryIO, data: bytes) -> None:
    """A frame: its length, then its bytes."""
    pipe.write(len(data).to_bytes(8, "big") + data)
    pipe.flush()


def receive(pipe: BinaryIO) -> bytes:
    """The next frame; empty when the other side is gone."""
    return pipe.read(int.from_bytes(pipe.read(8), "big"))


if __name__ == "__main__":
    main()
