"""Write one file so that it is there whole, or as it was before.

A run can be killed at any moment. So a file is written beside its place, put on the disk, and
only then given its name, by one rename, which the file system does whole or not at all. What a
killed writer leaves behind is a hidden file that nobody reads. Whole folders: `folder.py`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which takes the place of `path` when the `with` ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")  # two processes don't share one
    try:
        with fresh.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a file of text."""
    with whole(path) as file:
        file.write(text.encode())


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a file of one JSON object."""
    write_text(path, json.dumps(value, indent=1) + "\n")
