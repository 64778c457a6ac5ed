"""Train with the learner's own functions: `minir1 run RECIPE --with work/07_....ipynb`.

    answer cells -> RUN/with/NAME.py -> imported -> in the package's place, for one `with` block

This is the one place where a learner's function enters a real run, and it works for every function
of the package that is an exercise. `swapped` puts the function where the package has its own: in
its home, and under its name in each module that imported it from there. At the end of the block
everything is as before.

The answers lie in the run's folder, so that a run always shows what it was trained with. A folder
serves one set of answers, as it serves one config.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from minir1.lab.exercises import COURSE, get
from minir1.lab.grader.answer import cells_of, find
from minir1.lab.grader.child import owner

FOLDER = "with"
HELPERS = "minir1.lab"
"""The lab keeps the package's functions: it grades with them."""


def read_answers(path: Path) -> dict[str, str]:
    """The text of each finished answer in a notebook that can take the package's place."""
    if not path.is_file():
        raise ValueError(f"{path} is no file: give an exercise notebook, or a .py file")
    cells, found = cells_of(path), {}
    for exercise in COURSE:
        of = exercise.of
        if of is None or of.__module__.startswith(HELPERS):
            continue
        answer = find(cells, exercise.id)
        if answer.state == "syntax":
            raise ValueError(f"{path}: {exercise.id} is no Python ({answer.detail}): mend it first")
        if answer.state == "ready":
            found[exercise.id] = answer.text
    if not found:
        raise ValueError(
            f"{path} holds no finished answer that a run can use, such as group_advantages, and no "
            "task of your own, which defines draw and verify: solve or write one first"
        )
    return found


def keep(texts: Mapping[str, str], run: Path) -> None:
    """Write the answers into the run's folder, or check that they are the ones that lie there."""
    folder = run / FOLDER
    lying = {file.stem: file.read_text(encoding="utf-8") for file in folder.glob("*.py")}
    begun = (run / "metrics.jsonl").exists()
    if lying != dict(texts) and (lying or begun):
        what = ", ".join(sorted(lying)) or "the package's own functions"
        raise ValueError(
            f"{run} was trained with other answers ({what}). "
            "Give this run another folder with --out, or remove that one"
        )
    if texts:
        folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")


@contextmanager
def swapped(run: Path) -> Iterator[list[str]]:
    """The answers in a run's folder, in the place of the package's functions; their names."""
    pairs = [(get(file.stem).of, load(file)) for file in sorted((run / FOLDER).glob("*.py"))]
    try:
        for ours, mine in pairs:
            replace(ours, ours, mine)
        yield [mine.__name__ for _, mine in pairs]
    finally:
        for ours, mine in reversed(pairs):
            replace(ours, mine, ours)


def load(file: Path) -> Callable[..., Any]:
    """The function that a file of one answer defines. It is the learner's own code, run here."""
    spec = importlib.util.spec_from_file_location(f"answer_{file.stem}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, file.stem)


def replace(ours: Any, old: Any, new: Any) -> None:
    """Put `new` where the package has `old`: in the home of `ours`, and where it was imported."""
    home, attribute = owner(f"{ours.__module__}:{ours.__qualname__}")
    setattr(home, attribute, new)
    for title, module in sorted(sys.modules.items()):
        if title.split(".")[0] == "minir1" and not title.startswith(HELPERS):
            for name in [name for name, value in vars(module).items() if value is old]:
                setattr(module, name, new)
