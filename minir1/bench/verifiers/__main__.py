"""`python -m minir1.bench.verifiers`: the four-number report of every verifier.

python -m minir1.bench.verifiers                        our verifiers, all cases
python -m minir1.bench.verifiers --tasks math --save    one of them; keep its rows
python -m minir1.bench.verifiers --against              public graders beside ours (maths)
python -m minir1.bench.verifiers --attacker             a policy paid by each verifier's holes
python -m minir1.bench.verifiers --table                what was saved, as Markdown
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import tyro

from minir1.bench.verifiers.cases import SETS, Group
from minir1.bench.verifiers.report import ROWS, TASKS, Task, report_all
from minir1.bench.verifiers.table import tables
from minir1.run.jsonl import append_row, read_rows
from minir1.run.pipe import reader_may_leave


def main(
    tasks: tuple[Task, ...] = TASKS,
    sets: tuple[Group, ...] = SETS,
    against: bool = False,
    attacker: bool = False,
    table: bool = False,
    rows: bool = False,
    save: bool = False,
    note: str = "",
) -> int:
    """Measure verifiers on their cases; print what came out as tables, or as rows of JSON."""
    if table:
        print(tables([one for _, one in read_rows(ROWS)]))
        return 0
    measured = []
    for one in _measured(tasks, sets, against, attacker):
        row = {**one, "note": note} if note else one
        measured.append(row)
        if save:
            append_row(ROWS, row)
    print("\n".join(map(json.dumps, measured)) if rows else tables(measured))
    return 0


def _measured(
    tasks: Sequence[str], sets: Sequence[str], against: bool, attacker: bool
) -> Iterable[dict[str, Any]]:
    if against:
        from minir1.bench.verifiers.graders import compare

        return compare(sets)
    if attacker:
        from minir1.bench.verifiers.attacker import attack_all

        return attack_all(tasks)
    return report_all(tasks, sets)


if __name__ == "__main__":
    with reader_may_leave():
        sys.exit(tyro.cli(main))
