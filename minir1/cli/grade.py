"""`minir1 grade [PATH]`: grade a notebook, a learner's folder, or a class.

| exit status | meaning                      |
|-------------|------------------------------|
| 0           | every answer has all points  |
| 1           | points are missing           |
| 2           | there is nothing to grade    |
"""

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import tyro

from minir1.cli.options import Json
from minir1.cli.output import table


def main(
    path: Annotated[Path | None, tyro.conf.Positional] = None,
    *,
    hidden: Path | None = None,
    gradebook: Path | None = None,
    seed: int | None = None,
    language: Literal["", "en", "id"] = "",
    as_json: Json = False,
) -> int:
    """Grade answers: their cells only, each in a process of its own, on fresh inputs.

    A folder of folders is a class: one learner a folder. Answers and a capstone's task.py are
    programs, and this executes them: with limits on time and memory, and with your rights to read
    and write. Grade those of people whom you don't know in a container.

    Args:
        path: a notebook, a Python file, a folder, or a folder of folders (your work/ if not given)
        hidden: an instructor's folder of further parts, one FUNCTION.py an exercise
        gradebook: also write a CSV with one line a learner
        seed: draw the inputs from this seed, to repeat a result
        language: the language of the messages (MINIR1_LANG if not given)
    """
    from minir1.lab.course import work_folder
    from minir1.lab.grader import hidden as overlay
    from minir1.lab.grader.submission import grade_all, write_gradebook
    from minir1.lab.grader.told import Told
    from minir1.lab.grader.worker import the_worker
    from minir1.lab.words import Words

    words = Words(language)
    extra = overlay.read(hidden) if hidden is not None else {}
    graded, rows, found = [], [], []
    for one in grade_all(path or work_folder(), the_worker(), extra, seed):
        graded.append(one)
        told = Told(one.outcome, one.exercise, words)
        points = f"{one.outcome.points}/{one.outcome.max_points}"
        state, what = told.first_fault()
        rows.append((one.learner, one.exercise.id, points, state, what))
        found.append(one.row() | {"message": what})
    if gradebook is not None:
        with gradebook.open("w", encoding="utf-8", newline="") as file:
            write_gradebook(graded, file)
    got, most = (sum(getattr(one.outcome, n) for one in graded) for n in ("points", "max_points"))
    if as_json:
        print(json.dumps(found))
    else:
        keys = ("report.learner", "board.exercise", "board.points", "board.state", "report.what")
        rows.append(("", words.say("board.total"), f"{got}/{most}", "", ""))
        alone = not any(row[0] for row in rows)
        table([row[alone:] for row in ([words.say(key) for key in keys], *rows)])
    sys.stdout.flush()
    return 0 if got == most else 1
