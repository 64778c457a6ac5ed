"""`minir1 run` as a process of its own, started and stopped from a notebook.

    the kernel  --start-->  minir1 run ... (a session of its own, its words in process.log)
                --stop-->   the signal of Ctrl-C: it ends the step, saves, and leaves

The process does not end with the notebook: close the page, restart the kernel, and it goes on.
The lock on its folder (`minir1/run/claim.py`) says whether it lives, whoever started it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from minir1.config import Config
from minir1.lab.course import ROOT
from minir1.recipes import RECIPES
from minir1.run.claim import Worker, worker
from minir1.run.home import differences, open_run

LOG = "process.log"
STOPPED = (0, 130, -signal.SIGINT)
"""How a run ends that is done, or was asked to stop."""


class Process:
    """The worker of one run, if there is one."""

    def __init__(self, folder: Path, config: Config) -> None:
        self.folder, self.config = folder, config
        self.child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the run, or let it go on."""
        command = [sys.executable, "-m", "minir1", *words(self.config, self.folder.resolve())]
        open_run(self.config, self.folder)  # says what is wrong, if anything is
        theirs = ("MPLBACKEND", "JPY_SESSION_NAME")  # of the notebook, not of a run
        env = {name: value for name, value in os.environ.items() if name not in theirs}
        with (self.folder / LOG).open("ab") as log:
            self.child = subprocess.Popen(
                command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def stop(self) -> bool:
        """Ask it to stop after its step, as Ctrl-C does; False if it can't be reached."""
        found = self.worker()
        if found is None or not found.here or not found.pid:
            return False
        try:
            os.kill(found.pid, signal.SIGINT)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def worker(self) -> Worker | None:
        """Who works on the run. A child that is still starting has no lock yet."""
        if self.child is not None and self.child.poll() is None:
            return Worker(self.child.pid, os.uname().nodename)
        return worker(self.folder)

    def wait(self) -> None:
        """Wait for the end of what `start` started."""
        if self.child is not None:
            self.child.wait()

    @property
    def trouble(self) -> str:
        """The last words of a run that failed; empty if it did not."""
        if self.child is None or self.child.poll() in (None, *STOPPED):
            return ""
        lines = (self.folder / LOG).read_text(encoding="utf-8", errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return said[-1] if said else f"it ended with status {self.child.returncode}"


def words(config: Config, folder: Path) -> list[str]:
    """The command line of a config: the nearest recipe, and what differs from it as options.

    >>> from dataclasses import replace
    >>> words(replace(RECIPES["smoke"](), seed=3), Path("runs/mine"))
    ['run', 'smoke', '--seed', '3', '--out', 'runs/mine']
    """
    changes = {name: differences(make(), config) for name, make in RECIPES.items()}
    recipe = min(changes, key=lambda name: (len(changes[name]), name != config.name))
    command = "pipeline" if recipe.startswith("pipeline") else "run"
    found = [command, recipe]
    for name, (_, value) in changes[recipe].items():
        found += option(name, value)
    return [*found, "--out", str(folder)]


def option(name: str, value: object) -> list[str]:
    """A field of a config as an option of the command line.

    >>> option("zero.optim.lr", 0.001), option("zero.routing_replay", False)
    (['--zero.optim.lr', '0.001'], ['--zero.no-routing-replay'])
    """
    if isinstance(value, bool):
        head, _, last = name.rpartition(".")
        dotted = f"{head}." if head else ""
        return [f"--{dotted}{'' if value else 'no-'}{last}".replace("_", "-")]
    if not isinstance(value, int | float | str):
        cure = "start this run in a terminal, and look at it here"
        raise ValueError(f"{name} = {value!r} can't be started from a notebook: {cure}")
    return [f"--{name.replace('_', '-')}", str(value)]
