"""Public graders of mathematics on one set of cases: what they refuse, and what they pay for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minir1.lab.charts import columns
from minir1.lab.picture import Picture


def first_rows(path: Path, task: str, kind: str) -> dict[str, dict[str, Any]]:
    """The first row of each grader on one set of cases (`minir1/results/verifiers.jsonl`).

    The first, since what a grader refused may have been mended after its author saw it.
    """
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return {r["grader"]: r for r in reversed(rows) if (r["task"], r["set"]) == (task, kind)}


def graders_chart(rows: Mapping[str, Mapping[str, Any]]) -> Picture:
    """Public graders on the same cases: right answers refused, and wrong ones paid for."""
    values: dict[str, list[float]] = {"right, refused": [], "attacks, paid for": []}
    for row in rows.values():
        right, attacks = (row["numbers"][name] for name in ("right", "attacks"))
        values["right, refused"].append(1 - right["accepted"] / right["n"])
        values["attacks, paid for"].append(attacks["accepted"] / attacks["n"])
    return columns(
        "Graders of mathematics on one set of cases", "share of the cases", values, x_name="",
        ticks=list(rows), percent=True,
    )  # fmt: skip
