"""`python -m minir1.lab.mutants [EXERCISE ...]`: try all wrong and right answers.

It prints what is not as it should be, and writes the table: `minir1/results/kill_table.jsonl`, and
`solutions/KILLS.md` for readers. With names, only the rows of these exercises are made again. The
status is 1 if a grader failed.
"""

from __future__ import annotations

import sys

from minir1.lab.course import ROOT
from minir1.lab.exercises import COURSE, get
from minir1.lab.mutants.table import Remembering, Row, attempt, read, render, tries, write

ROWS = ROOT / "minir1" / "results" / "kill_table.jsonl"
PAGE = ROOT / "solutions" / "KILLS.md"
INTRODUCTION = """# The kill table

What each exercise's grader does with wrong answers and with right ones.

- *By hand*: classic mistakes. The grader must reject them, and its message must name the mistake.
- *Automatic*: the solution with one operator, constant, axis or sign changed. *No mutant* counts
  those whose change can't be seen from outside, each with its reason in `minir1/lab/exercises/`.
- *Right*: the solution, the package's own function, and other ways to write it.

Made by `python -m minir1.lab.mutants`; every row is in `minir1/results/kill_table.jsonl`.

"""


def main(names: list[str]) -> int:
    """Try the exercises named, or all, and say which rows are not as they should be."""
    rows: list[Row] = []
    for exercise in [get(name) for name in names] or COURSE:
        worker = Remembering()
        mine = [attempt(exercise, *one, worker) for one in tries(exercise)]
        worker.close()
        rows += mine
        faults = [row for row in mine if not row.ok]
        print(f"{exercise.id}: {len(mine)} tried, {len(faults)} not as they should be", flush=True)
        for row in faults:
            print(f"  {row.made}  {row.name}: {fault(row)}", flush=True)
    others = [row for row in read(ROWS) if row.exercise not in names] if names else []
    made = {one.id: [row for row in (*others, *rows) if row.exercise == one.id] for one in COURSE}
    whole = [row for mine in made.values() for row in mine]
    write(whole, ROWS)
    PAGE.write_text(INTRODUCTION + render(whole) + "\n", encoding="utf-8")
    return 1 if any(not row.ok for row in rows) else 0


def fault(row: Row) -> str:
    """What is not as it should be with one row."""
    full = row.points == row.max_points
    if row.made == "right":
        return f"a right answer got {row.points} of {row.max_points}: {row.status}"
    if full:
        return "survived"
    return "rejected, but listed as no mutant" if row.reason else f"named {row.said or 'nothing'}"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ValueError as error:
        sys.exit(f"minir1.lab.mutants: error: {error}")
