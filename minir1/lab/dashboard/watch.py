"""Watches a run's folder from a thread of its own, and moves the page when something happened."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from minir1.lab.dashboard.handles import Handles
from minir1.lab.dashboard.process import Process
from minir1.lab.dashboard.standing import View, fingerprint, standing, view_of
from minir1.lab.dashboard.still import still, told

EVERY_S = 1.0
STILL_EVERY_S = 20.0
"""A still picture costs a seventh of a second, so it is drawn now and then, and at each rest."""


class Watcher(threading.Thread):
    """Looks at one run once a second, as long as its kernel lives or until `end`."""

    def __init__(self, process: Process, handles: Handles, stills: tuple[Any, Any]) -> None:
        super().__init__(name=f"watches {process.folder}", daemon=True)
        self.process, self.handles, self.stills = process, handles, stills
        self.folder: Path = process.folder.resolve()
        self.ended, self.stopping = threading.Event(), False
        self._one = threading.Lock()
        self._seen: object = None
        self._files: object = None
        self._read: View | None = None
        self._drawn, self._state = 0.0, ""
        handles.start.on_click(self.press_start)
        handles.stop.on_click(self.press_stop)

    def run(self) -> None:
        """Look, wait, look again."""
        while not self.ended.wait(EVERY_S):
            self.look()

    def end(self) -> None:
        """Another dashboard of the same run has taken over."""
        self.ended.set()
        self.handles.box.close()

    def look(self) -> View | None:
        """Show what has changed. Buttons look too, so one at a time."""
        with self._one:
            return self._look()

    def _look(self) -> View | None:
        active = self.process.worker() is not None
        if not active:
            self.stopping = False
        files = fingerprint(self.folder)
        now = (files, active, self.stopping, self.process.trouble)
        if now == self._seen and active is False:
            return None
        try:
            found = self._view(files)
        except (ValueError, OSError) as error:  # a file that is just being replaced, or damaged
            self.handles.say(str(error))
            return None
        if now != self._seen:
            self._keep(found)  # first: who reads "Stopped" may save the page at once
            self.handles.show(found)
        self.handles.stand(found.run.config.name, found.standing)
        self._seen = now
        return found

    def _view(self, files: object) -> View:
        """What lies in the folder, read again if it has changed, and where the run stands now."""
        if self._read is None or files != self._files:
            self._read = view_of(self.process, self.stopping, before=self._read)
            self._files = files
            return self._read
        return replace(self._read, standing=standing(self._read.run, self.process, self.stopping))

    def _keep(self, found: View) -> None:
        """Draw the still picture, for the saved file, if it is time."""
        state = found.standing.state
        due = time.monotonic() - self._drawn > STILL_EVERY_S
        if (state != self._state and state != "stopping") or due:
            picture, words = self.stills
            picture.update(still(found))
            words.update(told(found))
            self._drawn, self._state = time.monotonic(), state

    def press_start(self, _: Any) -> None:
        """Start the run, or let it go on."""
        self.handles.start.disabled = True
        self.stopping = False
        try:
            self.process.start()
        except (ValueError, OSError) as error:
            self.handles.say(str(error))
            return
        self.look()

    def press_stop(self, _: Any) -> None:
        """Ask the run to stop after its step."""
        self.handles.stop.disabled = True
        self.stopping = self.process.stop()
        if self.stopping:
            self.look()
        else:
            self.handles.say("This process can't be reached from here: stop it where it runs.")


def take_over(folder: Path) -> None:
    """End the dashboard that an earlier call opened on the same run."""
    for thread in threading.enumerate():
        if isinstance(thread, Watcher) and thread.folder == folder.resolve():
            thread.end()
