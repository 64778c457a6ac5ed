"""A run's own folder, `runs/<name>/`, and the config that it belongs to.

`config.json` is the first file of a run. A folder serves one config: a run that is started again
with another one stops here, before anything of the two is mixed.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_type_hints

from minir1.config import Config, machine_fields, require
from minir1.run.whole import write_text
from minir1.tasks.sources.own import KEPT

CONFIG = "config.json"
RUNS = Path("runs")
PLAIN: dict[Any, Any] = {
    int: (int, "a whole number"),
    float: (int | float, "a number"),
    str: (str, "a text"),
    bool: (bool, "true or false"),
}
"""What a plain field may hold; in JSON, 1 is a float too."""
RESULTS = Path(__file__).parents[1] / "results"
"""What the package brings along: measured rows, and published runs."""


def open_run(config: Config, out: Path | None = None) -> Path:
    """Make `out` (runs/NAME if not given) the folder of `config`, or check that it already is."""
    require(
        out is not None or re.fullmatch(r"\w[\w.+-]*", config.name) is not None,
        "name",
        config.name,
        "it names a folder, so use letters, digits and _ . + - only",
    )
    out = RUNS / config.name if out is None else Path(out)
    if (out / CONFIG).exists():
        # A run may go on with more memory or on more machines: that changes nothing it computes.
        free = machine_fields(config)
        changed = {
            n: both for n, both in differences(read_config(out), config).items() if n not in free
        }
        if changed:
            what = ", ".join(f"{name} was {a!r} and is {b!r}" for name, (a, b) in changed.items())
            raise ValueError(
                f"{out} holds a run of another config: {what}. "
                "Give this run another folder with --out, or remove that one"
            )
        return out
    if out.is_file():
        raise ValueError(f"{out} is a file: a run needs a folder of its own, with --out")
    out.mkdir(parents=True, exist_ok=True)
    killed = set(out.glob(f".{CONFIG}.*"))  # what a start that was killed has left
    if any(entry not in killed for entry in out.iterdir()):
        raise ValueError(
            f"{out} is not empty and holds no {CONFIG}, so it is not a run. "
            "Give the run a folder of its own with --out"
        )
    for rest in killed:
        rest.unlink(missing_ok=True)
    write_text(out / CONFIG, json.dumps(config.to_json(), indent=2) + "\n")
    return out


def find_run(run: Path | str) -> Path:
    """The folder of a run: by its path, by its name in `runs/`, or a published one by its name."""
    for folder in (Path(run), RUNS / run, RESULTS / run):
        if (folder / CONFIG).is_file():
            return folder
    known = sorted({file.parent.name for root in (RUNS, RESULTS) for file in _configs(root)})
    near = difflib.get_close_matches(Path(run).name, known, cutoff=0.4) or known
    hint = f"runs here: {', '.join(near)}" if near else "start one with `minir1 run RECIPE`"
    raise ValueError(f"{run} is not a run: it holds no {CONFIG}; {hint}")


def published(name: str) -> Path:
    """The folder of a run that came with the package (`bench/publish.py` puts it there)."""
    folder = RESULTS / name
    if not (folder / CONFIG).is_file():
        known = ", ".join(file.parent.name for file in _configs(RESULTS)) or "none"
        raise ValueError(f"no run {name!r} came with the package; there are: {known}")
    return folder


def _configs(root: Path) -> list[Path]:
    """The config of every run whose folder lies in `root`, unfinished copies left out."""
    return sorted(root.glob(f"[!.]*/{CONFIG}"))


def read_config(run: Path) -> Config:
    """The config that a run was started with."""
    path = run / CONFIG
    cure = "remove this run's folder, or put the file back"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} can't be read ({error}): {cure}") from error
    config = config_from(values, path)
    if config.task.file and (run / KEPT).exists():  # wherever the run was moved to
        config = replace(config, task=replace(config.task, file=str(run / KEPT)))
    return config


def config_from(values: Any, path: Path) -> Config:
    """A config from the JSON values that `path` holds."""
    try:
        return _build(Config, values, path, "")
    except TypeError as error:
        raise ValueError(
            f"{path} holds a value of a wrong type ({error}): "
            "remove this run's folder, or put the file back"
        ) from error


def flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested values by their dotted names.

    >>> flat({"seed": 0, "zero": {"steps": 60}})
    {'seed': 0, 'zero.steps': 60}
    """
    result: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            result |= flat(value, f"{prefix}{name}.")
        else:
            result[prefix + name] = value
    return result


def differences(a: Config, b: Config) -> dict[str, tuple[Any, Any]]:
    """The fields in which two configs differ, by dotted name, with both values.

    >>> differences(Config(seed=1), Config(seed=2))
    {'seed': (1, 2)}
    """
    left, right = flat(a.to_json()), flat(b.to_json())
    return {name: (left[name], right[name]) for name in left if left[name] != right[name]}


def _build(cls: type, values: Any, path: Path, prefix: str) -> Any:
    """A (nested) config dataclass from JSON values. A field that is absent keeps its default."""
    if not isinstance(values, dict):
        raise ValueError(f"{path}: {prefix or 'the file'} should hold fields, not {values!r}")
    names = {field.name for field in fields(cls)}
    for name in values:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
            hint = f"; nearest: {near[0]}" if near else ""
            raise ValueError(f"{path}: there is no field {prefix}{name}{hint}")
    types = get_type_hints(cls)
    return cls(
        **{
            name: _build(types[name], value, path, f"{prefix}{name}.")
            if is_dataclass(types[name])
            else _typed(types[name], value, path, f"{prefix}{name}")
            for name, value in values.items()
        }
    )


def _typed(kind: Any, value: Any, path: Path, name: str) -> Any:
    """A field's value, if it is of the field's type: 2.5 layers would fail late, and unclearly."""
    fits, said = PLAIN.get(kind, (object, ""))
    if not isinstance(value, fits) or (isinstance(value, bool) and kind in (int, float)):
        raise ValueError(f"{path}: {name} = {value!r} can't be used: write {said}")
    return _frozen(value)


def _frozen(value: Any) -> Any:
    """JSON's lists as the tuples that a frozen config holds."""
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
