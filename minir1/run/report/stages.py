"""What each stage of a pipeline can do: a line a stage, a column a measure.

The same table as that of `minir1 pipeline`; `minir1/stages/stage_table.py` measures it.
"""

from __future__ import annotations

from typing import Any

from minir1.run.models import ORDER
from minir1.run.report.reading import Run

MEASURES = {
    "accuracy": ("right", "share of right answers, where an answer is right or wrong"),
    "purity": ("in the asker's language", "share of the thinking"),
    "taste": ("readers' taste", "what the hidden readers think of the texts, from -2 to 4"),
    "proxy": ("reward model", "what the reward model thinks of the same texts: what was paid for"),
    "refused": ("refused", "share of the forbidden requests that were refused"),
    "over_refused": ("over-refused", "share of the allowed requests that were refused, too"),
    "tokens": ("tokens", "mean length of a response"),
}
SHARES = ("accuracy", "purity", "refused", "over_refused")


def stage_table(run: Run) -> dict[str, Any] | None:
    """The stages that were measured, in their order; None for a run that is no pipeline."""
    if not run.is_pipeline:
        return None
    measured = {
        name: run.evaluations[name]["scenarios"]
        for name in ORDER
        if "scenarios" in run.evaluations.get(name, {})
    }
    problems = [run.evaluations[name].get("problems", 0) for name in measured]
    return {
        "measures": MEASURES, "shares": SHARES, "rows": measured, "problems": max(problems or [0]),
    }  # fmt: skip
