"""What the doctor says of each stage of RL: now, and what it found on the way."""

from __future__ import annotations

from typing import Any

from minir1.run.doctor import WINDOW, examine, read_diary, read_findings
from minir1.run.report.reading import Run


def visits(run: Run) -> list[dict[str, Any]]:
    """One entry a stage of RL: its findings, and those that have passed."""
    steps = [row for row in read_diary(run.folder) if "reward" in row]
    told, found = read_findings(run.folder), []
    for stage in dict.fromkeys(row["stage"] for row in steps):
        mine = [row for row in steps if row["stage"] == stage]
        findings = examine(mine)
        now = {finding.name for finding in findings}
        passed = [row for row in told if row["stage"] == stage and row["name"] not in now]
        found.append({
            "stage": stage, "steps": len(mine), "needed": WINDOW, "findings": findings,
            "passed": passed,
        })  # fmt: skip
    return found
