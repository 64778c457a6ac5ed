"""What attacks leave behind: files, processes, sockets and open descriptors, measured.

The measured work runs in a folder of its own. On Linux this process adopts its orphans first,
so a daemon that outlives its parents turns up among its children and can't hide.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MARKS = re.compile(r"hacked|owned|pwned|marker|minir1-code-attack|fresh_attack|^big$|conftest")
"""Names that the attacks of the case files give to what they make."""
PLACES = ("/", "/tmp", "/var/tmp", "/dev/shm", "~")
ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER


@contextmanager
def watched() -> Iterator[dict[str, list[str]]]:
    """Run a block in a folder of its own; afterwards the dict says what it left behind."""
    _adopt_orphans(True)
    left: dict[str, list[str]] = {}
    home = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        before = _now(Path(folder))
        os.chdir(folder)
        try:
            yield left
        finally:
            os.chdir(home)
        after = _now(Path(folder))
    _adopt_orphans(False)
    for kind, names in after.items():
        left[kind] = sorted(names - before[kind])


def _now(folder: Path) -> dict[str, set[str]]:
    here = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    return {
        "files": here | _marked(),
        "processes": _children(os.getpid()),
        "descriptors": _descriptors(),
        "sockets": _unix_sockets(),
    }


def _marked() -> set[str]:
    found = set()
    for place in PLACES:
        with suppress(OSError):
            names = os.listdir(os.path.expanduser(place))
            found |= {os.path.join(place, name) for name in names if MARKS.search(name)}
    return found


def _children(pid: int) -> set[str]:
    """The living descendants of a process, by command line."""
    found: set[str] = set()
    for thread in _list(f"/proc/{pid}/task"):
        children = ""
        with suppress(OSError):  # the thread has ended
            children = Path(f"/proc/{pid}/task/{thread}/children").read_text()
        for child in children.split():
            with suppress(OSError):  # the child has ended
                command = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ")
                found |= {f"{child} {command.decode(errors='replace')[:80]}"}
            found |= _children(int(child))
    return found


def _list(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:  # the process has ended
        return []


def _descriptors() -> set[str]:
    """What this process holds open, but for the handle that lists it."""
    found = set()
    with suppress(OSError):
        for name in os.listdir("/proc/self/fd"):
            with suppress(OSError):
                found.add(f"{name} {os.readlink(f'/proc/self/fd/{name}')}")
    return {one for one in found if not one.endswith("/fd")}


def _unix_sockets() -> set[str]:
    """Named unix sockets of the host that carry a mark."""
    with suppress(OSError):
        lines = Path("/proc/net/unix").read_text().splitlines()
        return {line.split()[-1] for line in lines if MARKS.search(line.split()[-1])}
    return set()


def _adopt_orphans(adopt: bool) -> None:
    import ctypes

    with suppress(AttributeError, OSError):  # not on this system
        ctypes.CDLL(None).prctl(ADOPT_ORPHANS, int(adopt), 0, 0, 0)
