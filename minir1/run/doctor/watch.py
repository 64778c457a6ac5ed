"""The doctor beside a run that is under way: every tenth step it reads the diary.

    findings.jsonl: {"stage": "zero", "step": 20, "name": "truncation", "sentence": ...}

A finding is told once, when it is new, and kept in the run's folder with the step at which it was
seen. It may pass: `minir1 doctor RUN` says how the run is now, this file says what it went
through. It is a diary like `metrics.jsonl`: a resumed run takes back what it will write again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from minir1.rl.update import NotFiniteError
from minir1.run.doctor.diary import read_diary
from minir1.run.doctor.rules import examine
from minir1.run.jsonl import Row, append_row, read_placed, take_back

EVERY = 10
"""Steps between two looks."""
FINDINGS = "findings.jsonl"

logger = logging.getLogger(__name__)


class Watch:
    """Looks at one stage of a run while it goes on."""

    def __init__(self, run: Path, stage: str) -> None:
        self.run, self.stage = Path(run), stage
        self.told: set[str] = set()

    def rewind(self, step: int, later: Sequence[str] = ()) -> None:
        """Take back what was found after `step` of this stage, and in the `later` ones."""
        read_findings(self.run)  # a damaged row is named before anything changes
        kept = take_back(self.run / FINDINGS, self.stage, step, later)
        self.told = {row["name"] for row in kept if row["stage"] == self.stage}

    def after(self, step: int, last: int, metrics: Mapping[str, float]) -> None:
        """Look, if it is time: every tenth step of RL, and after the last one."""
        if "reward" in metrics and (step % EVERY == 0 or step == last):
            self.look()

    def look(self) -> None:
        """Tell what is new in the stage's diary."""
        rows = [row for row in read_diary(self.run) if row["stage"] == self.stage]
        for finding in examine(rows):
            if finding.name not in self.told:
                self.told.add(finding.name)
                step = rows[-1]["step"]
                seen = {"stage": self.stage, "step": step, **finding.to_json()}
                append_row(self.run / FINDINGS, seen)
                say = "step %d: %s (%s.) `minir1 doctor %s` says what to try"
                logger.warning(say, step, finding.sentence, finding.evidence, self.run)

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, NotFiniteError):
            self.look()


def read_findings(run: Path) -> list[Row]:
    """What was found while the run went on, oldest first."""
    path = Path(run) / FINDINGS
    rows = [row for _, row in read_placed(path)] if path.exists() else []
    for number, row in enumerate(rows, start=1):
        if not isinstance(row.get("name"), str) or not isinstance(row.get("sentence"), str):
            raise ValueError(f'{path}, line {number}: a finding needs a "name" and a "sentence"')
    return rows
