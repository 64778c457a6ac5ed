"""Where a run stands, from what lies in its folder: a stage, a step, a pace, and a state."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from pathlib import Path

from minir1.lab.dashboard.process import Process
from minir1.run.doctor import Finding, examine
from minir1.run.home import CONFIG, RESULTS
from minir1.run.marker import MARKER
from minir1.run.models import ORDER, steps_of
from minir1.run.progress import clock, speed
from minir1.run.report.reading import Run, read_run
from minir1.run.rollouts import FILE, Rollouts

ACTIVE = ("starting", "running", "stopping")
RECENT = 10
"""Steps whose time says how fast the run is now."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run stands. `state` is a word, `sentence` says it to a reader."""

    state: str
    stage: str
    step: int
    of: int
    pace_s: float | None
    trouble: str = ""

    @property
    def active(self) -> bool:
        """Whether a process works on it."""
        return self.state in ACTIVE

    @property
    def sentence(self) -> str:
        """What a person wants to know first."""
        place = f"{self.stage}, step {self.step:,} of {self.of:,}" if self.stage else "no step yet"
        if self.state == "running" and self.pace_s and self.step < self.of:
            left = clock(self.pace_s * (self.of - self.step))
            place += f", {speed(self.pace_s)}, {left} left in this stage"
        elif self.state == "running" and self.stage:
            place += ", now evaluating"
        told = {
            "new": "Not started.",
            "starting": f"Starting: {place}.",
            "running": f"Running: {place}.",
            "stopping": f"Stopping after this step, and saving: {place}.",
            "stopped": f"Stopped: {place}. Resume goes on from the last save.",
            "failed": f"Failed: {place}. It said: {self.trouble}",
            "finished": f"Finished: {place}.",
            "published": f"A finished run that came with the course: {place}.",
        }
        return told[self.state]


@dataclass(frozen=True, slots=True)
class View:
    """All that the dashboard shows, read at one moment."""

    run: Run
    rollouts: Rollouts
    standing: Standing
    findings: dict[str, list[Finding]]
    """By stage of RL; a stage that is too short to be examined is absent."""


def view_of(process: Process, stopping: bool = False, before: View | None = None) -> View:
    """Read the folder of a run, which may not be there yet; of its rollouts what is new."""
    folder, config = process.folder, process.config
    begun = (folder / CONFIG).is_file()
    run = read_run(folder) if begun else Run(
        folder=folder, config=config, metrics=[], evaluations={}, ledger=[]
    )  # fmt: skip
    rollouts = before.rollouts if before else Rollouts(folder)
    rollouts.look()
    return View(run, rollouts, standing(run, process, stopping), diagnose(run))


def standing(run: Run, process: Process, stopping: bool) -> Standing:
    """The state of a run."""
    last = run.metrics[-1] if run.metrics else None
    stage, step = (last["stage"], last["step"]) if last else ("", 0)
    of = steps_of(run.config, stage) if stage in ORDER else step
    paces = [row["time/step"] for row in run.metrics[-RECENT:] if row["stage"] == stage]
    pace = statistics.median(paces) if paces else None
    trouble = process.trouble
    if process.worker() is not None:
        new = process.child is not None and process.child.poll() is None and not fresh(process)
        state = "stopping" if stopping else "starting" if new else "running"
    elif RESULTS in run.folder.parents:
        state = "published"
    elif finished(run):
        state = "finished"
    else:
        state = "failed" if trouble else "stopped" if last else "new"
    return Standing(state, stage, step, of, pace, trouble)


def fresh(process: Process) -> bool:
    """Whether the child has come so far that it holds the lock."""
    from minir1.run.claim import worker

    return worker(process.folder) is not None


def finished(run: Run) -> bool:
    """Whether all is done that its command does."""
    if (run.folder / "pipeline.json").exists():
        return True
    return "final" in run.evaluations and (run.folder / "report" / "index.html").exists()


def diagnose(run: Run) -> dict[str, list[Finding]]:
    """What the doctor says of each stage of RL."""
    steps = [row for row in run.metrics if "reward" in row]
    stages = dict.fromkeys(row["stage"] for row in steps)
    return {name: examine([row for row in steps if row["stage"] == name]) for name in stages}


def fingerprint(folder: Path) -> tuple[object, ...]:
    """Changes when anything does that is shown."""
    files = [folder / name for name in ("metrics.jsonl", FILE, MARKER, "pipeline.json")]
    files += [*sorted(folder.glob("eval/*.json")), folder / "report" / "index.html"]
    stats = [(file.name, file.stat()) for file in files if file.exists()]
    return tuple((name, one.st_size, one.st_mtime_ns) for name, one in stats)
