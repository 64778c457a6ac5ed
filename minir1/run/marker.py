"""The marker of a run that was asked to stop, and did: `stopped.json` in its folder.

A launcher sees the same exit status for a clean stop as for a crash, once it has passed through
torchrun. So a run that saved and left says so in a file; starting it again removes the file.

    {"stage": "zero", "step": 12, "of": 80}
"""

from __future__ import annotations

import json
import os
from pathlib import Path

MARKER = "stopped.json"


def mark_stopped(out: Path, stage: str, step: int, of: int) -> None:
    """Say that the run stopped after this step, and that it is saved."""
    fresh = out / f".{MARKER}.new"
    fresh.write_text(json.dumps({"stage": stage, "step": step, "of": of}) + "\n", encoding="utf-8")
    os.replace(fresh, out / MARKER)


def unmark(out: Path) -> None:
    """The run goes on."""
    (out / MARKER).unlink(missing_ok=True)
