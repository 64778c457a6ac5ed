"""What an evaluation leaves: `eval/<name>.json`, written whole or not at all, and read with care.

    {"name": "final", "step": 80, "pass@1": {"value": ..., "low": ..., "high": ...}, "rows": [...]}

A row is one answer: the question, what was written, and the verdict.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from minir1.run.jsonl import Row, is_number
from minir1.run.whole import write_text
from minir1.tasks import Verdict

T = TypeVar("T")

TEXTS = ("question", "completion", "verdict")


def is_interval(value: Any) -> bool:
    """Whether a part of an evaluation is a mean with its interval."""
    return all(is_number(value[end]) for end in ("value", "low", "high"))


SOUND = {
    "step": is_number,
    "pass@1": is_interval,
    "rows": lambda value: all(isinstance(row[n], str) for row in value for n in TEXTS),
}
"""What each part must be; a part that can't even be looked at so is damaged too."""
SOUND_IF_THERE = {
    **dict.fromkeys(("length", "checks", "tries", "retries", "first_try", "repeats"), is_interval),
    "insight": lambda value: is_interval(value["surplus"]) and is_number(value["tries"]),
}
"""The same of parts that not every task has."""


def right(row: Mapping[str, Any]) -> float:
    """1 for a right answer, 0 for any other."""
    return float(row["verdict"] == Verdict.CORRECT)


def by_problem(rows: Sequence[T], samples: int) -> list[Sequence[T]]:
    """The samples of each problem, which follow each other in an evaluation's rows.

    >>> by_problem("aabb", 2)
    ['aa', 'bb']
    """
    return [rows[i : i + samples] for i in range(0, len(rows), samples)]


def write_evaluation(run_dir: Path, name: str, evaluation: dict[str, Any]) -> Path:
    """Write `eval/<name>.json`, whole or not at all."""
    path = Path(run_dir) / "eval" / f"{name}.json"
    write_text(path, json.dumps(evaluation, indent=1))
    return path


def read_evaluation(path: Path) -> Row:
    """One evaluation, or a ValueError that names the file and what is wrong with it."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON ({error}): remove it and evaluate again") from error
    for name in SOUND:
        if not isinstance(found, dict) or name not in found:
            raise ValueError(f"{path} is not an evaluation: it has no {name!r}")
    for name, sound in (SOUND | SOUND_IF_THERE).items():
        try:
            whole = name not in found or sound(found[name])
        except (TypeError, KeyError, IndexError):
            whole = False
        if not whole:
            raise ValueError(f"{path}: its {name!r} is damaged: remove it and evaluate again")
    return found
