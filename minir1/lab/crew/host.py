"""The warm process of a crew: it imports torch once, then forks one copy a rank.

Each copy gets what torchrun would give it, a few environment variables, and joins a world with
them (`run/distributed/start.py`). There it does job after job, until another number of processes
is asked for: then it leaves, and new copies meet.
"""

from __future__ import annotations

import os
import pickle
import socket
import sys
import traceback
from dataclasses import dataclass
from typing import Any, BinaryIO

import minir1.run.distributed.processes  # noqa: F401 - so that no copy has to import FSDP
from minir1.lab.crew import jobs


@dataclass(frozen=True, slots=True)
class Copy:
    """One forked process, and the two pipes to it."""

    process: int
    orders: BinaryIO
    answers: BinaryIO


def main() -> None:
    """Serve requests until the owner closes the pipe."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a job prints must not get between the pickles
    layout, copies = (0, 0), []
    while True:
        try:
            job, processes, owners, options = pickle.load(requests)
        except EOFError:
            dismiss(copies)
            return
        if layout != (processes, owners):
            dismiss(copies)
            layout, copies = (processes, owners), call_up(processes, owners)
        found = order(copies, (job, options))
        if not all(fine for fine, _ in found):  # whoever failed has left its world
            dismiss(copies)
            layout, copies = (0, 0), []
        pickle.dump(found, answers)
        answers.flush()


def call_up(processes: int, owners: int) -> list[Copy]:
    """Fork a copy for each rank."""
    port, copies = free_port(), []
    for rank in range(processes):
        (hears, orders), (answers, says) = os.pipe(), os.pipe()
        process = os.fork()
        if process == 0:
            for other in copies:  # or they would never see that the host has closed a pipe
                os.close(other.orders.fileno())
                os.close(other.answers.fileno())
            os.close(orders)
            os.close(answers)
            os.environ |= launched(rank, processes, port)
            be_a_copy(owners, os.fdopen(hears, "rb"), os.fdopen(says, "wb"))
        os.close(hears)
        os.close(says)
        copies.append(Copy(process, os.fdopen(orders, "wb"), os.fdopen(answers, "rb")))
    return copies


def order(copies: list[Copy], what: tuple[str, dict[str, Any]]) -> list[tuple[bool, Any]]:
    """Tell all of them what to do, and hear each out."""
    for copy in copies:
        pickle.dump(what, copy.orders)
        copy.orders.flush()
    found: list[tuple[bool, Any]] = []
    for copy in copies:
        try:
            found.append(pickle.load(copy.answers))
        except EOFError:
            found.append((False, "it ended without a word"))
    return found


def dismiss(copies: list[Copy]) -> None:
    """Close their pipes: they leave their world together, and end."""
    for copy in copies:
        copy.orders.close()
    for copy in copies:
        copy.answers.close()
        os.waitpid(copy.process, 0)


def be_a_copy(owners: int, orders: BinaryIO, answers: BinaryIO) -> None:
    """Join the world, do what is ordered until the orders end, and exit."""
    status = 1
    try:
        for result in jobs.in_world(owners, heard(orders)):
            pickle.dump((True, result), answers)
            answers.flush()
        status = 0
    except (ValueError, RuntimeError, OSError, ArithmeticError, LookupError, TypeError) as error:
        traceback.print_exc()
        pickle.dump((False, f"{type(error).__name__}: {error}"), answers)
        answers.flush()
    sys.stderr.flush()
    os._exit(status)


def heard(orders: BinaryIO) -> Any:
    """The orders, one after the other, until the host closes the pipe."""
    while True:
        try:
            yield pickle.load(orders)
        except EOFError:
            return


def launched(rank: int, processes: int, port: int) -> dict[str, str]:
    """What a launcher tells one of its processes.

    >>> launched(1, 4, 29500)["RANK"]
    '1'
    """
    return {
        "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(processes),
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
    }  # fmt: skip


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


if __name__ == "__main__":
    main()
