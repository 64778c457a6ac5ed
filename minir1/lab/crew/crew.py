"""The parent's side of a crew: say what to do, wait for all, and leave nothing behind."""

from __future__ import annotations

import os
import pickle
import select
import signal
import subprocess
import sys
import weakref
from contextlib import suppress
from typing import Any

LIMIT_S = 300.0
"""How long a piece of work may take on a machine that is busy with other things."""
GONE = (
    "the crew is gone: make a new one with Crew(), or run `python -m minir1.lab.crew.host` "
    "to see why it does not start"
)


class Crew:
    """A warm process that bears copies of itself. It ends with its owner, or by `close()`."""

    def __init__(self) -> None:
        self._host = subprocess.Popen(
            [sys.executable, "-m", "minir1.lab.crew.host"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
            start_new_session=True,
        )
        self.close = weakref.finalize(self, end, self._host)

    def run(self, job: str, processes: int, owners: int = 1, **options: Any) -> list[Any]:
        """What the function `job` of jobs.py returned in each process, in the order of ranks.

        `owners` is parallel.expert_parallel: how many processes share one set of experts.
        """
        if not self.close.alive:
            raise RuntimeError(GONE)
        assert self._host.stdin is not None and self._host.stdout is not None
        try:
            pickle.dump((job, processes, owners, options), self._host.stdin)
            self._host.stdin.flush()
            if not select.select([self._host.stdout], [], [], LIMIT_S)[0]:
                self.close()
                raise RuntimeError(f"{job} took more than {LIMIT_S:.0f} s and was stopped")
            found = pickle.load(self._host.stdout)
        except (EOFError, BrokenPipeError) as error:
            self.close()
            raise RuntimeError(GONE) from error
        for rank, (fine, value) in enumerate(found):
            if not fine:
                raise RuntimeError(f"process {rank} of {processes}: {value}")
        return [value for _, value in found]


def end(host: subprocess.Popen[bytes]) -> None:
    """End the host and the copies that it still has: they are one group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(host.pid, signal.SIGKILL)
    for pipe in (host.stdin, host.stdout):
        with suppress(BrokenPipeError):
            if pipe:
                pipe.close()
    host.wait()
