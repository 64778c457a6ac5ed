"""Which walls this host has: each one tried at the start, and the doors tried behind them.

    rlimits     memory, CPU, files of 0 bytes, no new process; own session, bare environment
    user        root's child becomes nobody
    landlock    files, TCP, signals                                        (Linux 5.13 and later)
    seccomp     a deny-list of system calls
    namespaces  no other process, no network
    bubblewrap  the same by a helper program, where namespaces aren't for everyone

Hosts differ: an old kernel has no Landlock, a container forbids namespaces, macOS has the
first line alone. So a level isn't chosen but found. A measure counts when a child can enter
it and an honest program still works behind it; then the probe tries every door, and what
opens is said aloud. Weaker walls never change a verdict (`verify` says why), only what a
program may do to the host, or read on it.
"""

from __future__ import annotations

import json
import logging
import os
import select
import shutil
import socket
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from minir1.tasks.code.run import Limits, run

PROBE = Path(__file__).parent / "probe.py"
PROBE_LIMITS = Limits(wall_s=5.0)
HONEST = "import decimal, heapq, random, zoneinfo\ndef f(x):\n    return heapq.nlargest(1, x)\n"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Level:
    """The measures in force, and what a program can still do behind them."""

    measures: tuple[str, ...]
    open: tuple[str, ...]

    def __str__(self) -> str:
        """One line for people.

        >>> print(Level(("rlimits",), ("make files", "use the network")))
        rlimits; open: a program can make files, use the network
        >>> print(Level(("rlimits", "landlock"), ()))
        rlimits + landlock; nothing known is open
        """
        doors = f"open: a program can {', '.join(self.open)}"
        return f"{' + '.join(self.measures)}; {doors if self.open else 'nothing known is open'}"


@cache
def strongest() -> Level:
    """The strongest level of this host, found once in each process and logged."""
    measures = ("rlimits",)
    for measure in candidates():
        if works((*measures, measure)):
            measures = (*measures, measure)
    level = probe(measures)
    _log.log(logging.WARNING if level.open else logging.INFO, "programs run behind %s", level)
    return level


def candidates() -> list[str]:
    """The measures that are worth a try here, from the cheapest on."""
    if sys.platform != "linux":
        return []
    names = ["landlock", "seccomp", "namespaces"]
    if os.geteuid() == 0:
        names.insert(0, "user")
    if shutil.which("bwrap"):
        names.append("bubblewrap")
    return names


def works(measures: tuple[str, ...]) -> bool:
    """Whether a child can enter these measures and an honest program works behind them."""
    if "bubblewrap" in measures and "namespaces" in measures:
        return False  # one world inside the other closes nothing more
    try:
        outcome = run(HONEST, "f", [[[3, 7]]], measures, PROBE_LIMITS)
    except (OSError, RuntimeError):
        return False
    return outcome.lines == (b'"ready"', b"[7]", b"")


def probe(measures: tuple[str, ...]) -> Level:
    """Try every door behind these measures."""
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.NamedTemporaryFile() as private,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear,
    ):
        os.chmod(folder, 0o777)  # anyone may write here, but for the walls
        os.chmod(private.name, 0o644)
        ear.bind(("127.0.0.1", 0))
        arguments = [os.getpid(), private.name, folder, ear.getsockname()[1]]
        outcome = run(PROBE.read_text("utf-8"), "open_doors", [arguments], measures, PROBE_LIMITS)
        # A closed world may have an address 127.0.0.1 of its own: what counts is what is heard.
        heard = bool(select.select([ear], [], [], 0)[0])
    if len(outcome.lines) != 3:
        raise RuntimeError(f"the probe brought no answer behind {' + '.join(measures)}")
    doors = json.loads(outcome.lines[1]) | {"use the network": heard}
    return Level(measures, tuple(name for name, opened in doors.items() if opened))
