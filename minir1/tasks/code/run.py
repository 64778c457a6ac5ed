"""Run one program in one child process, and leave nothing behind.

    request (a nameless file)  ->  child  ->  lines of JSON (an inherited pipe)

The parent trusts nothing it gets back: it reads at most so many bytes, until a moment on its
own clock, and then the child is killed, whatever it says. No alarm signal is used, so this
works from every thread; nothing is unpickled, for unpickling runs code.

The child has no place to write: no folder of its own, every file limited to 0 bytes. It can
start no process. So there is nothing to clean up but the child itself.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import RawIOBase
from math import ceil
from pathlib import Path
from typing import Any, BinaryIO

CHILD = Path(__file__).parent / "child"
WALLS = b'"walls"\n'
MEASURES = ("rlimits", "user", "landlock", "seccomp", "namespaces", "bubblewrap")
BUBBLEWRAP = "--unshare-all --die-with-parent --ro-bind / / --dev /dev --proc /proc --"

START_S = 30.0
"""Seconds for the interpreter and the walls; the program isn't charged for them."""
PATIENCE_S = 1.0
"""Seconds for a keeper to end its small world."""
CHUNK_BYTES = 65_536


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one program may use, all its inputs together."""

    wall_s: float = 1.5
    """Seconds on the parent's clock, sleep included."""
    memory_bytes: int = 512 * 2**20
    output_bytes: int = 2**20
    """What may come back."""
    program_chars: int = 50_000


class NoWalls(RuntimeError):
    """The child was gone, or late, before the program was looked at."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back, and what the parent had to do."""

    lines: tuple[bytes, ...]
    """After the walls stood; the last line may be cut off."""
    timed_out: bool = False
    too_large: bool = False


def run(
    program: str, fn: str, inputs: Sequence[list[Any]], measures: Sequence[str], limits: Limits
) -> Outcome:
    """Call `fn` of the program on each input, behind the measures named.

    >>> run("def double(x): return 2 * x", "double", [[2], [21]], ("rlimits",), Limits()).lines
    (b'"ready"', b'4', b'42', b'')
    """
    unknown = set(measures) - set(MEASURES)
    if unknown:
        raise ValueError(f"measures = {sorted(unknown)} can't be used: take some of {MEASURES}")
    fields = {
        "program": program,
        "fn": fn,
        "inputs": list(inputs),
        "measures": list(measures),
        "memory_bytes": limits.memory_bytes,
        "cpu_s": ceil(limits.wall_s) + 1,
    }
    request = json.dumps(fields).encode()
    try:
        return attempt(request, measures, limits)
    except NoWalls:  # a host short of memory kills anyone; one that can't do it fails again
        return attempt(request, measures, limits)


def attempt(request: bytes, measures: Sequence[str], limits: Limits) -> Outcome:
    """One child, from its start to its end."""
    read_end, write_end = os.pipe()
    with tempfile.TemporaryFile() as stdin, open(read_end, "rb", buffering=0) as pipe:
        stdin.write(request)
        stdin.seek(0)
        try:
            child = start(stdin, write_end, measures)
        finally:
            os.close(write_end)
        try:
            return listen(pipe, limits)
        finally:
            hang_up(child, pipe, "namespaces" in measures)


def start(stdin: BinaryIO, write_end: int, measures: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start the harness: own session, bare environment, no descriptor but the pipe."""
    # -P -s -S: no path but the library's. -B: write no byte code. It is -I, but for one variable:
    # with the seed of the hashes fixed, a set of texts has one order, and a program one verdict.
    command = [sys.executable, "-P", "-s", "-S", "-B", str(CHILD), str(write_end)]
    if "bubblewrap" in measures:
        helper = shutil.which("bwrap")  # found here, for the child has no PATH
        assert helper, "a level with bubblewrap on a host without it"
        command = [helper, *BUBBLEWRAP.split(), *command]
    return subprocess.Popen(
        command,
        stdin=stdin,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(write_end,),
        env={"PYTHONHASHSEED": "0"},
        cwd="/",
        start_new_session=True,
    )


def listen(pipe: RawIOBase, limits: Limits) -> Outcome:
    """Read until the child is done, out of time, or over the cap."""
    ready = select.poll()
    ready.register(pipe, select.POLLIN)
    heard = bytearray()
    walls = False
    deadline = time.monotonic() + START_S
    while True:
        left_s = deadline - time.monotonic()
        if left_s <= 0 or not ready.poll(1000 * left_s):
            return outcome(heard, timed_out=True)
        chunk = os.read(pipe.fileno(), CHUNK_BYTES)
        heard += chunk
        if not chunk:
            return outcome(heard)
        if not walls and heard.startswith(WALLS):
            walls = True
            deadline = time.monotonic() + limits.wall_s
        if len(heard) > len(WALLS) + limits.output_bytes:
            return outcome(heard, too_large=True)


def outcome(heard: bytearray, timed_out: bool = False, too_large: bool = False) -> Outcome:
    """Split what was heard into lines, the first one being the harness's own."""
    if not heard.startswith(WALLS):
        # Never a verdict: a host that fails would teach the policy that right is wrong.
        raise NoWalls(
            "the harness did not come up behind its walls: run "
            "`minir1.tasks.code.levels.strongest` again, for the host has changed"
        )
    return Outcome(tuple(bytes(heard[len(WALLS) :]).split(b"\n")), timed_out, too_large)


def hang_up(child: subprocess.Popen[bytes], pipe: RawIOBase, has_keeper: bool) -> None:
    """End the child and all that it started, and wait until they are gone."""
    pipe.close()
    if has_keeper:  # it sees the closed pipe and ends the program
        with suppress(subprocess.TimeoutExpired):
            child.wait(PATIENCE_S)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
