"""Landlock: a process gives up files, TCP, abstract sockets and signals, for good.

Any user may do it, no root needed (Linux 5.13, docs.kernel.org/userspace-api/landlock). One
names the rights that are *handled*: each is then refused everywhere, but for the folders that
a rule opens. The program may read Python's own library. It may write nowhere, run no other
program, and see no `/proc`.

What grew with the version (the ABI): 2 moving files, 3 truncating, 4 TCP, 5 device commands,
6 abstract sockets and signals to processes outside. UDP isn't covered; `seccomp` does that.
"""

import ctypes
import glob
import os
import struct
import sys
import sysconfig

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every architecture
READ_FILE, READ_DIR = 1 << 2, 1 << 3
PATH_BENEATH = 1
SET_NO_NEW_PRIVS = 38

INSTALLED = {"site-packages", "dist-packages"}
"""Not readable: what people install may hold golds."""


def enter() -> None:
    """Refuse everything to this process, but for reading the library."""
    libc = ctypes.CDLL(None, use_errno=True)
    abi = check(libc.syscall(CREATE_RULESET, None, 0, 1))
    handled = ruleset(abi)
    rules = check(libc.syscall(CREATE_RULESET, handled, len(handled), 0))
    for path in readable():
        allow(libc, rules, path, READ_FILE | READ_DIR if os.path.isdir(path) else READ_FILE)
    allow(libc, rules, sysconfig.get_path("stdlib"), READ_DIR)  # imports list the folder
    check(libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    check(libc.syscall(RESTRICT_SELF, rules, 0))
    os.close(rules)


def ruleset(abi: int) -> bytes:
    """All the rights that this version knows: files, TCP, scopes; 64 bits each."""
    n_file_rights = {1: 13, 2: 14, 3: 15, 4: 15}.get(abi, 16)
    parts = [(1 << n_file_rights) - 1]
    if abi >= 4:
        parts.append(0b11)  # bind and connect of TCP
    if abi >= 6:
        parts.append(0b11)  # abstract sockets, signals
    return struct.pack(f"={len(parts)}Q", *parts)


def readable() -> list[str]:
    """Python's library without what is installed into it, and the C libraries under it."""
    library = sysconfig.get_path("stdlib")
    paths = [entry.path for entry in os.scandir(library) if entry.name not in INSTALLED]
    paths += glob.glob(os.path.join(sys.base_prefix, "lib", "lib*.so*"))
    with open("/proc/self/maps") as maps:
        mapped = {line.split(maxsplit=5)[5].strip() for line in maps if "/libc" in line}
    return [*paths, *{os.path.dirname(os.path.realpath(path)) for path in mapped}]


def allow(libc: ctypes.CDLL, rules: int, path: str, rights: int) -> None:
    """One rule: these rights on this file, or on all under this folder."""
    beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    rule = struct.pack("=Qi", rights, beneath)
    check(libc.syscall(ADD_RULE, rules, PATH_BENEATH, rule, 0))
    os.close(beneath)


def check(result: int) -> int:
    """The result of a system call, or the OSError that it stands for."""
    if result < 0:
        raise OSError(ctypes.get_errno(), "landlock")
    return result
