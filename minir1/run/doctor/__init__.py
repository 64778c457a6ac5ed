"""The doctor: reads the diary of an RL run and says in plain words what is wrong with it.

    findings = examine(read_diary(run))

A finding is one sentence, the numbers it rests on, the likely causes, and what to try. The rules
look at the last `WINDOW` steps, so the same function serves a finished run and one that is under
way. A healthy run has no findings: the clinic (`minir1/bench/clinic/`) measures both kinds.
"""

from minir1.run.doctor.diary import NOT_FINITE, WINDOW, Diary, read_diary
from minir1.run.doctor.finding import Finding
from minir1.run.doctor.rules import examine
from minir1.run.doctor.watch import FINDINGS, Watch, read_findings

__all__ = [
    "FINDINGS",
    "NOT_FINITE",
    "WINDOW",
    "Diary",
    "Finding",
    "Watch",
    "examine",
    "read_diary",
    "read_findings",
]
