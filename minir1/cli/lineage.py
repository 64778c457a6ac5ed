"""`minir1 lineage RUN`: whose is a run's data, and is it clean?"""

import json
from pathlib import Path
from typing import Any

from minir1.cli.options import Json
from minir1.cli.output import table
from minir1.run.home import find_run

NAMED = 10
"""Questions that are named on the screen."""


def main(run: Path, *, rows: int | None = None, as_json: Json = False) -> int:
    """Say of every training row of a run where it comes from, and look for held-out questions.

    Toys are compared by problem key, prose by 13-grams. Exit status 0: every row has a lineage and
    no held-out question is among them; 1: something was found, and is named.

    Args:
        run: the run's folder, or its name in runs/
        rows: how many rows of what was made on the fly are made again (4,000 of each data set)
    """
    folder = find_run(run)
    if rows is not None and rows < 1:
        raise ValueError(f"rows = {rows} can't be used: use 1 or more")
    from minir1.stages.lineage.audit import ROWS, audit_run

    found = audit_run(folder, rows or ROWS)
    if as_json:
        print(json.dumps(found))
        return 0 if found["passed"] else 1
    head = ("learned from", "rows seen", "written by", "seed", "no lineage", "held out")
    table([head, *map(as_cells, found["sets"])])
    alike: dict[str, list[str]] = {}
    for line in found["evaluations"]:
        asked = f"{line['questions']} questions, {len(line['leaks'])} of them for training"
        alike.setdefault(asked, []).append(line["evaluation"])
    for asked, names in alike.items():
        print(f"evaluation {', '.join(names)}: {asked}")
    if found["base"]:
        print(f"What the base has read is not known here: it is {found['base']}, another's.")
    told = [f"{line['set']}: {fault}" for line in found["sets"] for fault in line["faults"]]
    named = list(questions(found))
    print("\n".join(["", *told, *named[:NAMED]]).rstrip())
    if len(named) > NAMED:
        print(f"and {len(named) - NAMED} more: --json names all")
    verdict = "nothing was found" if found["passed"] else "this run's data are not clean"
    print(f"Decontamination {found['decontamination']}: {verdict}.")
    return 0 if found["passed"] else 1


def as_cells(line: dict[str, Any]) -> tuple[str, ...]:
    """A data set as a line of the table."""
    seen = f"{line['read']:,} of {line['rows']:,}"
    last = (f"{line['without']:,}", f"{len(line['leaks']):,}")
    return (f"{line['set']}: {line['kind']}", seen, line["writer"], line["seed"], *last)


def questions(found: dict[str, Any]) -> list[str]:
    """Every question that is where it may not be, by name."""
    named = [f"held out, in {one['set']}: {q}" for one in found["sets"] for q in one["leaks"]]
    return named + [
        f"for training, in evaluation {one['evaluation']}: {question}"
        for one in found["evaluations"]
        for question in one["leaks"]
    ]
