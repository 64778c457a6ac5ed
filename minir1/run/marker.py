"""The marker of a run that was asked to stop, and did: `stopped.json` in its folder.

A launcher sees the same exit status for a clean stop as for a crash, once it has passed through
torchrun. So a run that saved and left says so in a file; starting it again removes the file.

    {"stage": "zero", "step": 12, "of": 80}
"""

from __future__ import annotations

import json
from pathlib import Path

from minir1.run.whole import write_text

MARKER = "stopped.json"


def mark_stopped(out: Path, stage: str, step: int, of: int) -> None:
    """Say that the run stopped after this step, and that it is saved."""
    write_text(out / MARKER, json.dumps({"stage": stage, "step": step, "of": of}) + "\n")


def unmark(out: Path) -> None:
    """The run goes on."""
    (out / MARKER).unlink(missing_ok=True)
