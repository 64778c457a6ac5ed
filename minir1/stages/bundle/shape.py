"""A bundle in memory, and the folder that it lies in.

The folder is written whole or not at all, with the size and SHA-256 of each file (run/folder.py).
Who changes a file on purpose can write the manifest anew: hashes find accidents, `checks.py`
finds figures that don't follow, and only a run finds what follows and is not true.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minir1.config import Config
from minir1.run.folder import MANIFEST, verify, write_folder
from minir1.run.home import CONFIG, RESULTS, RUNS, config_from
from minir1.run.jsonl import Row, read_rows

HEAD, CURVES, FORMAT = "bundle.json", "curves.jsonl", 1
BUNDLES = RESULTS / "bundles"
EVALUATIONS = ("base", "final")
"""Before RL and after it."""
FIELDS: Mapping[str, type] = {
    "format": int, "recipe": str, "recipe_hash": str, "seed": int, "config": dict, "data": list,
    "versions": dict, "device": dict, "counts": dict, "figures": dict, "cost": dict,
}  # fmt: skip
TRANSCRIPT = ("question", "gold", "completion", "verdict", "tokens", "stop_reason")
"""What a bundle keeps of an answer. The rest of an evaluation's row follows from it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bundle:
    """One published run, as its reviewer sees it."""

    head: dict[str, Any]
    rows: dict[str, list[Row]]
    """The transcripts of each evaluation."""
    curves: list[Row]
    torn: str = field(default="", compare=False)
    """What is wrong with the files on the disk; nothing, mostly."""


def files_of(bundle: Bundle) -> dict[str, bytes]:
    """Each file's bytes."""
    lines = {f"{name}.jsonl": rows for name, rows in bundle.rows.items()}
    lines[CURVES] = bundle.curves
    head = json.dumps(bundle.head, indent=1) + "\n"
    return {HEAD: head.encode()} | {name: _lines(rows) for name, rows in lines.items()}


def _lines(rows: Sequence[Row]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def name_of(bundle: Bundle) -> str:
    """Twelve hex digits that name everything in a bundle."""
    found = hashlib.sha256()
    for name, content in sorted(files_of(bundle).items()):
        found.update(name.encode() + b"\0" + content)
    return found.hexdigest()[:12]


def write(bundle: Bundle, folder: Path) -> None:
    """Write the folder; it must be a new one, or a bundle's."""
    if folder.exists() and not (folder / HEAD).exists() and any(folder.iterdir()):
        raise ValueError(f"{folder} is not empty: give the bundle a folder of its own")
    write_folder(folder, files_of(bundle))


def find(name: Path | str) -> Path:
    """The folder of a bundle: by its path, or by its name among those of the package."""
    for folder in (Path(name), BUNDLES / name):
        if (folder / HEAD).is_file():
            return folder
    if any((root / name / CONFIG).is_file() for root in (Path(), RUNS, RESULTS)):
        raise ValueError(f"{name} is a run: `minir1 export {name} FOLDER --bundle` makes a bundle")
    known = sorted(path.parent.name for path in BUNDLES.glob(f"*/{HEAD}"))
    near = difflib.get_close_matches(Path(name).name, known, cutoff=0.4) or known
    raise ValueError(f"{name} is not a bundle: it holds no {HEAD}; there are: {', '.join(near)}")


def read(folder: Path) -> Bundle:
    """A bundle from its folder. A ValueError names what can't be read at all."""
    try:
        head = json.loads((folder / HEAD).read_bytes())
    except (OSError, ValueError) as error:
        raise ValueError(f"{folder / HEAD} can't be read: {error}") from error
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise ValueError(f"{folder / HEAD} is not of format {FORMAT}, the one that is known here")
    for name, kind in FIELDS.items():
        if type(head.get(name)) is not kind:
            raise ValueError(
                f"{folder / HEAD}: {name} = {head.get(name)!r:.60} is no {kind.__name__}"
            )
    rows = {name: _table(folder / f"{name}.jsonl", TRANSCRIPT) for name in EVALUATIONS}
    torn = ""
    try:
        verify(folder)
        _no_others(folder)
    except ValueError as error:
        torn = str(error).removeprefix(f"{folder}: ")
    curves = _table(folder / CURVES, ("stage", "step"))
    return Bundle(head=head, rows=rows, curves=curves, torn=torn)


def _table(path: Path, names: Sequence[str]) -> list[Row]:
    """The rows of a file; each must have these fields."""
    rows = [row for _, row in read_rows(path)]
    for number, row in enumerate(rows, start=1):
        if missing := [name for name in names if name not in row]:
            raise ValueError(f"{path}, line {number}: the row has no {missing[0]!r}")
    return rows


def _no_others(folder: Path) -> None:
    """The manifest must name the bundle's files, all of them and no others."""
    listed = set(json.loads((folder / MANIFEST).read_bytes()))
    wanted = {HEAD, CURVES, *(f"{name}.jsonl" for name in EVALUATIONS)}
    if listed != wanted:
        raise ValueError(
            f"{MANIFEST} names {', '.join(sorted(listed ^ wanted))} too many or too few"
        )


def config_of(bundle: Bundle) -> Config:
    """The config that was run."""
    return config_from(bundle.head["config"], Path(HEAD))
