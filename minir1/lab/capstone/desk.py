"""What a learner calls in lesson 17: the figures of a capstone, and its points.

figures("capstone")          every number that the report needs, from the runs in that folder
check_capstone("capstone")   the rubric, part by part; the points go on the board
"""

from __future__ import annotations

from pathlib import Path

from minir1.lab import board
from minir1.lab.capstone.check import CONTROL, RUN, grade_capstone, whole
from minir1.lab.capstone.compare import figures as figures_of
from minir1.lab.capstone.inside import run_facts
from minir1.lab.capstone.rubric import CAPSTONE
from minir1.lab.course import work_folder
from minir1.lab.grader.told import Told
from minir1.lab.grader.worker import the_worker
from minir1.lab.picture import Table
from minir1.lab.words import Words
from minir1.run.home import CONFIG


def figures(folder: Path | str) -> Table:
    """The table of a report, without its verdicts: those are for the reader of the intervals."""
    place = Path(folder)
    run, control = (
        run_facts(str(place / name)) if (place / name / CONFIG).is_file() else None
        for name in (RUN, CONTROL)
    )
    if run is None:
        raise ValueError(f"{place / RUN} is no run: make one with `minir1 run claim --with FILE`")
    if not whole(run):
        raise ValueError(
            f"{place / RUN} has no evaluation of both ends, with two problems or more: let the run "
            "finish, with the same command"
        )
    rows = []
    for name, one in figures_of(run, control).items():
        difference = name in ("gain", "over the control")
        shown = name.replace("rl", "RL")
        rows.append((shown, str(one) if difference else f"{one.value:.3f}"))
    return Table(("figure", "value"), [*rows, ("dollars", f"{run['dollars']:.4f}")])


def check_capstone(folder: Path | str, language: str = "") -> Told:
    """Grade a capstone and note its points on the board."""
    outcome = grade_capstone(Path(folder), the_worker())
    board.note(work_folder(), outcome)
    return Told(outcome, CAPSTONE, Words(language))
