"""What a person at the terminal sees of a run, and how they stop it.

    zero   37/100   37%   3.1 s a step   3:15 left   reward .41  length 88

In a terminal this is one live line; elsewhere (a log file, a notebook) it is a plain
line every ten seconds. Ctrl-C doesn't tear a step in two: the stage ends the step, saves,
and leaves. A second Ctrl-C stops at once.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as LiveLine

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LINES = 10.0
ECHO_S = 1.0
"""Within this time a second Ctrl-C is the first one's echo: a launcher passes it on to processes
that the terminal has told already."""


class Progress:
    """Steps done, speed, time left, and a few chosen numbers. `done` steps came before."""

    def __init__(
        self, total: int, title: str, done: int = 0, console: Console | None = None
    ) -> None:
        self.total, self.title = total, title
        self._first = self._step = done
        self._start = self._shown = time.monotonic()
        self._console = console or Console(stderr=True)
        self._live: LiveLine | None = None

    def __enter__(self) -> Progress:
        self._start = self._shown = time.monotonic()
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            columns = (BarColumn(24), TextColumn("{task.description}", markup=False))
            self._live = LiveLine(*columns, console=self._console)
            self._live.add_task(self.line(""), total=self.total, completed=self._step)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def update(self, step: int, text: str = "") -> None:
        """Say that `step` steps are done. `text` holds the metrics worth a look."""
        self._step = step
        now = time.monotonic()
        if self._live is not None:
            (task,) = self._live.task_ids
            self._live.update(task, completed=step, description=self.line(text))
        elif now - self._shown >= SECONDS_BETWEEN_LINES or step == self.total:
            self._shown = now
            self._console.print(self.line(text), markup=False, highlight=False, soft_wrap=True)

    def line(self, text: str) -> str:
        """The line as it stands now."""
        width = len(str(self.total))
        parts = [self.title, f"{self._step:{width}d}/{self.total}"]
        made = self._step - self._first
        if made > 0:
            pace = (time.monotonic() - self._start) / made
            parts += [speed(pace), f"{clock(pace * (self.total - self._step))} left"]
        return "   ".join([*parts, text] if text else parts)


def speed(seconds_per_step: float) -> str:
    """The pace in the unit that reads best.

    >>> speed(3.14), speed(0.05)
    ('3.1 s a step', '20.0 steps a s')
    """
    if seconds_per_step >= 1:
        return f"{seconds_per_step:.1f} s a step"
    return f"{1 / max(seconds_per_step, 1e-9):.1f} steps a s"


def clock(seconds: float) -> str:
    """A time span as a clock shows it.

    >>> clock(75.2), clock(3675.0)
    ('1:15', '1:01:15')
    """
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


class StopFlag:
    """True once the run was asked to stop: by Ctrl-C, or by SIGTERM or SIGUSR1 from a scheduler.

        with StopFlag() as stop:
            for step in steps:
                ...
                if stop:
                    break                 # then save, and leave

    Signals reach only the main thread. In any other one (a notebook's worker) no handler
    is installed, and the flag can be raised with `set`.
    """

    def __init__(self) -> None:
        self._asked = False
        self._when = 0.0
        self._before: dict[int, Callable[..., Any] | int | None] = {}

    def __bool__(self) -> bool:
        return self._asked

    def set(self) -> None:
        """Ask the run to stop at the end of its step."""
        self._asked = True

    def __enter__(self) -> StopFlag:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        late = time.monotonic() - self._when >= ECHO_S
        if self._asked and number == signal.SIGINT and late:
            raise KeyboardInterrupt
        if not self._asked:
            self._when = time.monotonic()
            logger.warning("stopping after this step; press Ctrl-C again to stop at once")
        self._asked = True
