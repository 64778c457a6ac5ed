"""How long the course takes on this machine: each lesson run top to bottom, each solution graded.

    python -m minir1.lab.times lessons [NAME ...]    build them, keep a row each
    python -m minir1.lab.times grading               grade every solution twice, keep a row each
    python -m minir1.lab.times                       write the rows' table into notebooks/README.md

A lesson's `seconds` are what a reader waits who runs all of its cells; `cpu_seconds` are what its
kernel computed. An exercise's `first` grading starts the worker process, `again` finds it ready.
"""

from __future__ import annotations

import os
import re
import resource
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from minir1 import __version__
from minir1.lab.build import build, targets
from minir1.lab.course import ROOT
from minir1.lab.scale import scale
from minir1.run.device import describe
from minir1.run.home import RESULTS
from minir1.run.jsonl import append_row, rows_in

ROWS = RESULTS / "times.jsonl"
PAGE = ROOT / "notebooks" / "README.md"
LINE = re.compile(r"^(\| \[.*\]\((\w+)\.ipynb\).*\| )([^|]+)( \|)$", re.MULTILINE)
SUM = re.compile(r"(<!-- times: begin -->\n).*?(<!-- times: end -->)", re.DOTALL)
Row = dict[str, Any]


def time_lesson(name: str) -> Row:
    """Build a lesson, which runs every cell in a fresh kernel."""
    (target,) = (one for one in targets(ROOT, [name]) if one.notebook.parent.name == "notebooks")
    before, started = computed(), time.perf_counter()
    build(target)
    seconds = time.perf_counter() - started
    return row("lesson", name, seconds=seconds, cpu_seconds=computed() - before, scale=scale())


def computed() -> float:
    """CPU seconds of all processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def time_grading() -> list[Row]:
    """Grade every solution twice."""
    from minir1.lab.grader.submission import grade_all
    from minir1.lab.grader.worker import the_worker

    folder = ROOT / "solutions"
    first, again = (
        {one.exercise.id: one for one in grade_all(folder, the_worker(), {})} for _ in range(2)
    )
    return [
        row(
            "exercise",
            name,
            first=first[name].outcome.seconds,
            again=one.outcome.seconds,
            points=one.outcome.points,
        )
        for name, one in again.items()
    ]


def row(kind: str, name: str, **measured: Any) -> Row:
    """What was timed, when, and on what."""
    measured = {key: round(x, 2) if isinstance(x, float) else x for key, x in measured.items()}
    date = datetime.now(UTC).date().isoformat()
    about = {"date": date, "minir1": __version__, "load": round(os.getloadavg()[0], 2)}
    return {"kind": kind, "name": name, **measured, **about, "device": describe("cpu")}


def newest(rows: Iterable[Row], kind: str) -> dict[str, Row]:
    """The last row of each name."""
    return {one["name"]: one for one in rows if one["kind"] == kind}


def shown(seconds: float) -> str:
    """A time as people say it.

    >>> shown(7.4), shown(71.0), shown(660.0)
    ('7 s', '1.2 min', '11 min')
    """
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    return f"{two_digits(seconds / 60)} min"


def two_digits(number: float) -> str:
    """The first two digits of a number, without an exponent.

    >>> two_digits(0.384), two_digits(11.2), two_digits(123.4)
    ('0.38', '11', '120')
    """
    return f"{float(f'{number:.2g}'):g}"


def with_times(text: str, rows: Sequence[Row]) -> str:
    """The lessons' page with its last column, and the sum under it, computed from the rows."""
    lessons = newest((one for one in rows if one.get("scale") != "smoke"), "lesson")

    def cell(found: re.Match[str]) -> str:
        mine = lessons.get(found[2])
        return found[1] + (shown(mine["seconds"]) if mine else "not timed") + found[4]

    return SUM.sub(
        lambda found: found[1] + summary(lessons, newest(rows, "exercise")) + found[2],
        LINE.sub(cell, text),
    )


def summary(lessons: Mapping[str, Row], exercises: Mapping[str, Row]) -> str:
    """All lessons together, the longest one, and how long a grading takes."""
    if not lessons:
        return "No lesson is timed yet.\n"
    seconds = {name: one["seconds"] for name, one in lessons.items()}
    longest = max(seconds, key=lambda name: seconds[name])
    device = next(iter(lessons.values()))["device"]
    text = (
        f"All {len(lessons)} lessons together: {shown(sum(seconds.values()))}; the longest, "
        f"{longest[:2]}: {shown(seconds[longest])}. Timed on {device['processor']}, "
        f"{device['threads']} thread(s)"
    )
    if exercises:
        again = sorted(one["again"] for one in exercises.values())
        middle, most = two_digits(again[len(again) // 2]), two_digits(again[-1])
        text += (
            f". Grading each of the {len(again)} answers, the capstone among them: "
            f"{middle} s in the middle, {most} s at most"
        )
    return f"{text}. `python -m minir1.lab.times lessons` times them again.\n"


def main(words: Sequence[str]) -> int:
    """Time what was asked for, and write the page."""
    kind, *names = words or [""]
    if kind not in ("", "lessons", "grading"):
        raise ValueError(f"{kind!r} can't be timed: give lessons or grading")
    found: Iterable[Row] = ()
    if kind == "lessons":
        known = [t.source.stem for t in targets(ROOT) if t.notebook.parent.name == "notebooks"]
        found = (time_lesson(name) for name in names or known)
    if kind == "grading":
        found = time_grading()
    for one in found:
        append_row(ROWS, one)
        print({key: one[key] for key in one if key not in ("device", "date", "minir1")}, flush=True)
    PAGE.write_text(with_times(PAGE.read_text(encoding="utf-8"), rows_in(ROWS)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ValueError as error:
        sys.exit(f"minir1.lab.times: error: {error}")
