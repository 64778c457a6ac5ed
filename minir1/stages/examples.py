"""Examples to learn from: one JSON line each, and each knows where it comes from.

    {"prompt": "<user> form ...", "completion": "<think> ...", "task": "bilingual", "key": "1 5 10",
     "stage": "zero", "step": 80, "seed": 1003, "sample": 4}

"Nothing was copied" is a claim about data. It can be audited only if every row names the model
that wrote it, the seed that it was drawn with, and the problem that it answers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from minir1.run.jsonl import read_rows
from minir1.run.whole import whole


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One prompt, one completion, and their lineage."""

    prompt: str
    completion: str
    task: str
    key: str
    """The problem's key: what must not be shared with the held-out split."""
    stage: str
    """The stage whose model wrote it."""
    step: int
    seed: int
    sample: int
    """Which of the completions of its prompt."""
    rewritten: bool = False
    """Its thinking was said anew in the asker's language."""


def write_examples(path: Path, examples: Iterable[Example]) -> None:
    """Write the file, whole or not at all."""
    with whole(path) as file:
        file.writelines(json.dumps(asdict(one)).encode() + b"\n" for one in examples)


def read_examples(path: Path) -> list[Example]:
    """The examples of a file, or a ValueError that names what is missing."""
    names = {field.name for field in fields(Example)}
    examples = []
    for number, (_, row) in enumerate(read_rows(path), start=1):
        if missing := sorted(names - set(row) - {"rewritten"}):
            raise ValueError(f"{path}, line {number}: the row has no {missing[0]!r}")
        examples.append(Example(**{name: row[name] for name in names if name in row}))
    if not examples:
        raise ValueError(
            f"{path} holds no example: nothing that was sampled was good enough to be kept. "
            "Sample more, or train the stage before it for longer"
        )
    return examples


def digest(path: Path) -> str:
    """SHA-256 of a file: its name in a manifest."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
