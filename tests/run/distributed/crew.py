"""Processes for the tests: started once, they join a world of any layout again and again.

`Crew(4)` starts this file four times. `crew.run("task", 4, 2)` lets all of them join a world of 4
processes with expert_parallel = 2 and call the function `task` of `jobs.py` in each; it gives back
what each returned, or the error that it raised. Importing torch is most of the cost, and is paid
once.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import runpy
import shutil
import socket
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


class Crew:
    """Some processes that wait for work."""

    def __init__(self, size: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="crew-"))
        # Shapes are checked by the other tests; here, each process would have to compile them.
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        self.processes = []
        for rank in range(size):
            with (self.folder / f"errors-{rank}.txt").open("w") as errors:
                process = subprocess.Popen(
                    [sys.executable, __file__],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    env=environment,
                )
            self.processes.append(process)

    def run(self, task: str, size: int, owners: int = 1, **options: Any) -> list[Any]:
        """What `task` gives in each process of a new world; an error that all raise is raised."""
        results = self.outcomes(task, size, owners, **options)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return results

    def outcomes(self, task: str, size: int, owners: int = 1, **options: Any) -> list[Any]:
        """What each process returned or raised; None from one that died."""
        self.start(task, size, owners, **options)
        return [self.outcome(rank) for rank in range(size)]

    def start(self, task: str, size: int, owners: int = 1, **options: Any) -> None:
        """Hand out the work and don't wait for it."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        for rank, process in enumerate(self.processes[:size]):
            launched = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": size, "MASTER_PORT": port}
            work = (task, {name: str(value) for name, value in launched.items()}, owners, options)
            assert process.stdin is not None
            pickle.dump(work, process.stdin)
            process.stdin.flush()

    def outcome(self, rank: int) -> Any:
        """What one process returned or raised in the work that was handed out."""
        output = self.processes[rank].stdout
        assert output is not None
        try:
            return pickle.load(output)
        except EOFError:
            return None

    def close(self) -> None:
        """End all processes."""
        for process in self.processes:
            process.kill()
            process.communicate()
        shutil.rmtree(self.folder)


def work() -> None:
    """What a process of the crew does until its input ends."""
    # Whatever a task prints must not get between the pickles.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    jobs = runpy.run_path(str(HERE / "jobs.py"))
    os.environ["MASTER_ADDR"] = "127.0.0.1"
    while True:
        with contextlib.suppress(EOFError):
            task, environment, owners, options = pickle.load(sys.stdin.buffer)
            os.environ.update(environment)
            try:
                result = jobs["in_world"](jobs[task], owners, options)
            except (Exception, KeyboardInterrupt) as error:
                traceback.print_exc()  # into this process's file of errors
                error.__traceback__ = error.__cause__ = error.__context__ = None
                result = error
            pickle.dump(result, answers)
            answers.flush()
            continue
        return


if __name__ == "__main__":
    work()
