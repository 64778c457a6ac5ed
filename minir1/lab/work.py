"""The learner's own copies: made once, never overwritten.

    exercises/NAME.ipynb   --copied if it is not there-->  work/NAME.ipynb
    exercises/capstone/    --each of its files-->          work/capstone/

The hash of each copy is kept beside it. A notebook that still has this hash was never touched, so
when the course has a newer one, it takes its place; a notebook that was touched stays as it is,
and the learner is told where the newer one lies.
"""

from __future__ import annotations

import json
from pathlib import Path

from minir1.lab.course import ROOT
from minir1.lab.exercises import NOTEBOOKS
from minir1.lab.words import Words
from minir1.run.whole import whole, write_json
from minir1.stages.examples import digest

COPIES = ".copies.json"
CAPSTONE_FILES = ("capstone/task.py", "capstone/report.md")
"""Of the capstone: holes, and headings."""


def lay_out(work: Path, words: Words, course: Path = ROOT / "exercises") -> list[str]:
    """Copy the exercises into the work folder; what was done, one line a notebook."""
    work.mkdir(parents=True, exist_ok=True)
    kept = work / COPIES
    known = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    lines = []
    for name in (*NOTEBOOKS, *CAPSTONE_FILES):
        file = name if name in CAPSTONE_FILES else f"{name}.ipynb"
        ours, yours = course / file, work / file
        yours.parent.mkdir(exist_ok=True)
        if not ours.exists():
            raise ValueError(f"{ours} is not there: `make notebooks` builds it")
        if not yours.exists():
            done = "copied"
        elif digest(yours) == digest(ours):
            done = "kept"
        elif digest(yours) == known.get(name):
            done = "renewed"
        else:
            done = "kept" if known.get(name) == digest(ours) else "changed"
        if done in ("copied", "renewed"):
            with whole(yours) as file:
                file.write(ours.read_bytes())
            known[name] = digest(ours)
        path = ours if done == "changed" else yours
        lines.append(words.say(f"work.{done}", name=name, path=path))
    write_json(kept, known)
    return lines
