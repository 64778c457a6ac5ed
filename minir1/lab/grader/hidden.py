"""An instructor's own parts: graded with the course's, kept outside the learner's tree.

A folder holds one file an exercise, FUNCTION.py, that defines `PARTS`: a sequence of `Part` as in
`minir1/lab/exercises/`. Its cases are judged like any other; in a learner's message such a part
is called "hidden part", and its points count.

    from minir1.lab.grader.exercise import Case, Part
    PARTS = (Part("large", 2, lambda draw: [Case((draw.normal(64, 16),))]),)
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from minir1.lab.exercises import get
from minir1.lab.grader.exercise import Part


def read(folder: Path) -> Mapping[str, tuple[Part, ...]]:
    """The hidden parts of each exercise that the folder has a file for."""
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder: give the one that holds FUNCTION.py files")
    return {file.stem: parts_of(file) for file in sorted(folder.glob("[!_.]*.py"))}


def parts_of(file: Path) -> tuple[Part, ...]:
    """The parts that one file defines. The file is the instructor's own, and runs here."""
    exercise = get(file.stem)
    spec = importlib.util.spec_from_file_location(f"hidden_{file.stem}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    parts = getattr(module, "PARTS", None)
    if not parts or not all(isinstance(part, Part) for part in parts):
        raise ValueError(f"{file} defines no PARTS: give a sequence of Part (hidden.py shows one)")
    taken = {part.name for part in exercise.parts}
    if twice := taken & {part.name for part in parts}:
        raise ValueError(f"{file}: parts named {sorted(twice)} exist already: choose other names")
    return tuple(replace(part, hidden=True) for part in parts)
