"""What the compiler said of the kernels, for chips that nobody here has: rows and a picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from minir1.lab.charts import bars
from minir1.lab.picture import Picture


def compiled(path: Path, chip: str = "sm_90", shape: str = "wide") -> list[dict]:
    """What the compiler said of each kernel for one chip (`kernels/results/aot.jsonl`)."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    newest = max((row["triton"] for row in rows), default="")
    return [r for r in rows if (r["chip"], r["shape"], r["triton"]) == (chip, shape, newest)]


def register_chart(rows: Sequence[dict]) -> Picture:
    """Registers of each kernel, of the 255 that a thread may have."""
    values: dict[str, int] = {}
    for row in rows:
        values[row["kernel"]] = max(row["registers"], values.get(row["kernel"], 0))
    spilled = sum(row["spill"] for row in rows)
    return bars(
        "Compiled for an H100, without having one", "registers a thread; 255 is the limit",
        values, fmt="{:.0f}", words=f"{len(values)} kernels, {spilled} bytes spilled",
    )  # fmt: skip
