"""Write a folder so that it is there whole, or not at all.

A run can be killed at any moment: a closed laptop, a full disk, a spot machine taken
back. Three steps make a folder safe against it:

1. write into a temporary folder beside the target, and `fsync` every file;
2. add `manifest.json`, which holds the size and SHA-256 of every file;
3. give the folder its real name by one `rename`, which the file system does whole or
   not at all, and `fsync` the parent so that the new name is on the disk too.

A reader trusts a folder only if its files match its manifest (`verify`).
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
TEMPORARY = ".new-"
"""How the name of a folder that is still being written begins."""
REPLACED = ".old-"
"""How the name of a folder begins while a new one takes its place."""


def write_folder(target: Path, files: Mapping[str, bytes]) -> None:
    """Make `target` hold exactly these files, or leave everything as it was."""
    try:
        fresh = begin(target)
        commit(fresh, target, put(fresh, files))
    finally:
        recover(target.parent)


def begin(target: Path) -> Path:
    """An empty temporary folder beside `target`, to put files into."""
    target.parent.mkdir(parents=True, exist_ok=True)
    recover(target.parent)
    fresh = temporary(target)
    fresh.mkdir()
    return fresh


def temporary(target: Path) -> Path:
    """Where the files of `target` are written at first."""
    return target.parent / (TEMPORARY + target.name)


def put(fresh: Path, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Write files and put them on the disk; their entries in the manifest."""
    manifest = {}
    try:
        for name, content in files.items():
            _write_file(fresh / name, content)
            digest = hashlib.sha256(content).hexdigest()
            manifest[name] = {"bytes": len(content), "sha256": digest}
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        needed = sum(len(content) for content in files.values())
        raise OSError(
            error.errno,
            f"the disk is full: saving needs {needed:,} bytes and {_free(fresh.parent):,} are "
            "free. What was saved before is untouched. Free some space, or keep fewer checkpoints "
            "(keep_checkpoints), and start the run again: it goes on from the last one",
            str(fresh.parent / fresh.name.removeprefix(TEMPORARY)),
        ) from error
    return manifest


def commit(fresh: Path, target: Path, manifest: Mapping[str, Any]) -> None:
    """Add the manifest, and give the folder its real name. An older `target` steps aside."""
    put(fresh, {MANIFEST: json.dumps(manifest, indent=2, sort_keys=True).encode()})
    _sync(fresh)
    if target.exists():  # `recover` drops it later
        os.rename(target, target.parent / (REPLACED + target.name))
    os.rename(fresh, target)
    _sync(target.parent)


Each = Callable[[Callable[[Any], None], Iterable[Any]], Iterable[None]]


READERS = 8


def side_by_side(work: Callable[[Any], None], items: Iterable[Any]) -> Iterator[None]:
    """In some threads: 64 GB, file after file, would be minutes of one core's hashing."""
    with ThreadPoolExecutor(READERS) as pool:
        yield from pool.map(work, items)


def verify(folder: Path, each: Each = side_by_side) -> None:
    """Raise a ValueError that says why, unless the folder is what was written.

    `each` calls a function with each file.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        expected = [(name, entry["bytes"], entry["sha256"]) for name, entry in manifest.items()]
    except OSError as error:
        raise ValueError(f"{folder}: {MANIFEST} can't be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{folder}: {MANIFEST} is damaged: {error}") from error

    def check(entry: tuple[str, int, str]) -> None:
        name, size, digest = entry
        file = folder / name
        if not file.is_file():
            raise ValueError(f"{folder}: the file {name} is missing")
        if file.stat().st_size != size:
            raise ValueError(
                f"{folder}: {name} has {file.stat().st_size:,} bytes, {size:,} were written"
            )
        with file.open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
        if found != digest:
            raise ValueError(f"{folder}: {name} is not what was written: its SHA-256 differs")

    for _ in each(check, expected):
        pass


def recover(root: Path) -> None:
    """Tidy up after a save: drop a half-written folder, put back one whose successor never came.

    It runs after each save, and again before the next for a process that was killed.
    """
    if not root.is_dir():
        return
    for left in root.glob(TEMPORARY + "*"):
        shutil.rmtree(left)
    for left in root.glob(REPLACED + "*"):
        target = root / left.name.removeprefix(REPLACED)
        if target.exists():
            shutil.rmtree(left)
        else:
            os.rename(left, target)


def _write_file(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Put the names in `folder` on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free
