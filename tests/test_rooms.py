"""Imports point toward the prompt: DESIGN's table of rooms, enforced by walking the imports.

Nothing is imported here: each file is parsed, and its import statements are read, those inside
functions too. `faults` is the checker; the tests below also apply it to files that break a rule.
"""

import ast
import graphlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

BELOW_STAGES = {"tasks", "text", "model", "rl", "run"}
BELOW_LAB = BELOW_STAGES | {"stages", "plan"}
TOP = BELOW_LAB | {"lab"}

# A room, and the rooms that it may import. `minir1.config` is open to all; `minir1.recipes` from
# the stages on. A dot narrows the right to one module.
MAY_IMPORT: dict[str, set[str]] = {
    "config": set(),
    "recipes": set(),
    "tasks": set(),
    "text": {"tasks"},
    "model": set(),
    # What every task shares, and no single task.
    "rl": {"model", "text", "tasks.base", "tasks.completion", "tasks.reward"},
    "run": {"tasks", "text", "model", "rl"},
    "stages": BELOW_STAGES,
    "plan": {"model", "run.distributed"},
    # Lessons read what the benchmarks measured, by the same code that wrote it.
    "bench": BELOW_LAB,
    "lab": BELOW_LAB | {"bench"},
    "cli": TOP | {"bench"},
    "launch": TOP,
}
RECIPES_FROM = {"recipes", "stages", "plan", "lab", "cli", "bench", "launch"}

# Other people's packages that a room, or the kernels, must do without.
WITHOUT: dict[str, set[str]] = {
    "tasks": {"torch", "numpy"},
    "rl": {"torch.distributed", "pathlib", "tensorboard", "rich"},  # no I/O
}
# What a fresh install has. Anything else is an extra, imported inside the function that uses it.
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CORE = {re.split("[^A-Za-z0-9_-]", line)[0] for line in PROJECT["dependencies"]}
KERNELS = {"torch", "triton", "jaxtyping", "minir1_kernels"}
DISTRIBUTED = "minir1/run/distributed/"
KERNELS_CALLER = "minir1/model/dispatch.py"


def imports(tree: ast.Module) -> Iterator[tuple[str, int, bool]]:
    """Each import as (dotted name, line, whether it runs when the file is imported)."""
    deferred: set[ast.AST] = set()
    for node in ast.walk(tree):
        typing_only = isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        if typing_only or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            deferred |= set(ast.walk(node))
    for node in ast.walk(tree):
        at_once = node not in deferred
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno, at_once) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield from ((f"{base}.{alias.name}", node.lineno, at_once) for alias in node.names)


def within(name: str, package: str) -> bool:
    """Whether the dotted `name` is `package` or lies in it."""
    return name == package or name.startswith(f"{package}.")


def faults(path: str, source: str) -> list[str]:
    """What the file at `path` (from the root) imports and must not, one clear line each."""
    tree = ast.parse(source)
    found = []
    for name, line, at_once in imports(tree):
        for why in [*why_not(path, name), *why_not_at_once(path, name, at_once)]:
            found.append(f"{path}:{line}: imports {name}: {why}")
    named = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and n.attr == "distributed"]
    if not path.startswith(DISTRIBUTED):
        found += [
            f"{path}:{node.lineno}: only {DISTRIBUTED} names torch.distributed"
            for node in named
            if ast.unparse(node) == "torch.distributed"
        ]
    return found


def why_not(path: str, name: str) -> Iterator[str]:
    """Why `path` may not import `name` at all."""
    parts = path.split("/")
    if name.startswith("."):
        yield "write the whole name, as `from minir1.x import y`"
    if within(name, "torch.distributed") and not path.startswith(DISTRIBUTED):
        yield f"only {DISTRIBUTED} names torch.distributed"
    if within(name, "kernels") or within(name, "exercises") or within(name, "solutions"):
        yield "that is a folder, not a package (the kernels are `minir1_kernels`)"
    if parts[0] == "kernels":
        if parts[1] == "minir1_kernels" and within(name, "minir1"):
            yield "the kernels never import minir1"
        return
    if (
        within(name, "minir1_kernels")
        and path != KERNELS_CALLER
        and parts[1] not in ("bench", "lab")
    ):
        yield f"only {KERNELS_CALLER} (and bench and lab) may call the kernels"
    room = parts[1] if len(parts) > 2 else ""
    if not room:
        if within(name, "minir1") and parts[1] == "__init__.py":
            yield f"{parts[1]} stands below every room"
        return
    if room not in MAY_IMPORT:
        yield f"the room {room!r} is not in the table of tests/test_rooms.py"
        return
    for package in WITHOUT.get(room, ()):
        if within(name, package):
            yield f"the room {room!r} does without {package}"
    if within(name, "minir1") and not allowed(room, name.removeprefix("minir1").strip(".")):
        rooms = ", ".join(sorted(MAY_IMPORT[room])) or "no other room"
        yield f"the room {room!r} may import {rooms}"


def allowed(room: str, name: str) -> bool:
    """Whether `room` may import `minir1.<name>`."""
    if within(name, "recipes"):
        return room in RECIPES_FROM
    if name in ("", "__version__") or within(name, "config"):
        return True
    return any(within(name, other) for other in MAY_IMPORT[room] | {room})


def why_not_at_once(path: str, name: str, at_once: bool) -> Iterator[str]:
    """Why `path` may import `name` only inside a function."""
    top = name.split(".")[0]
    if not at_once or not top or top in sys.stdlib_module_names:
        return
    if path.startswith("kernels/minir1_kernels/"):
        if path.endswith("/__init__.py") or top not in KERNELS:
            yield "the kernels import only torch and triton, and their __init__.py nothing"
    elif path.startswith("minir1/") and top not in CORE | {"minir1"}:
        yield f"{top} may be absent: import it inside the function that uses it"


FILES = sorted(
    file.relative_to(ROOT).as_posix()
    for folder in ("minir1", "kernels")
    for file in (ROOT / folder).rglob("*.py")
)


def test_imports_point_toward_the_prompt():
    found = [line for path in FILES for line in faults(path, (ROOT / path).read_text("utf-8"))]
    assert not found, "\n" + "\n".join(found)


def test_the_walk_sees_the_package():
    rooms = {path.split("/")[1] for path in FILES if path.count("/") > 1}
    assert {"tasks", "text", "model", "rl", "run", "stages", "cli", "lab"} <= rooms
    assert "kernels/minir1_kernels/__init__.py" in FILES


BROKEN = {
    ("minir1/tasks/x.py", "import torch"): "does without torch",
    ("minir1/tasks/x.py", "from torch.nn import Module"): "does without torch",
    ("minir1/tasks/x.py", "def f():\n    import torch"): "does without torch",
    ("minir1/tasks/x.py", "from minir1.text import template"): "may import no other room",
    ("minir1/tasks/x.py", "from minir1 import text"): "may import no other room",
    ("minir1/text/x.py", "import minir1.model.router"): "may import tasks",
    ("minir1/model/x.py", "from minir1.text.tokenizer import Tokenizer"): "no other room",
    ("minir1/model/x.py", "def f():\n    from minir1 import recipes"): "no other room",
    ("minir1/model/x.py", "import minir1_kernels.route"): "only minir1/model/dispatch.py",
    ("minir1/model/dispatch.py", "import minir1_kernels.route"): "inside the function",
    ("minir1/rl/x.py", "from minir1.run.metrics import Diary"): "may import model, tasks.base",
    ("minir1/rl/x.py", "from minir1.tasks.countdown import Countdown"): "tasks.base",
    ("minir1/rl/x.py", "import torch\ntorch.distributed.barrier()"): "run/distributed/",
    ("minir1/rl/x.py", "from pathlib import Path"): "without pathlib",
    ("minir1/run/x.py", "from torch import distributed as dist"): "run/distributed/",
    ("minir1/run/x.py", "import torch.distributed.checkpoint"): "run/distributed/",
    ("minir1/run/x.py", "from minir1.stages import zero"): "may import model, rl, tasks, text",
    ("minir1/stages/x.py", "from minir1.cli.run import main"): "may import",
    ("minir1/plan/x.py", "from minir1.run.metrics import Diary"): "run.distributed",
    ("minir1/lab/x.py", "import ipywidgets"): "inside the function",
    ("minir1/lab/x.py", "from minir1.cli import run"): "may import",
    ("minir1/run/x.py", "import transformers"): "inside the function",
    ("minir1/run/x.py", "from .metrics import Diary"): "whole name",
    ("minir1/attic/x.py", "import math"): "not in the table",
    ("minir1/__init__.py", "from minir1 import recipes"): "below every room",
    ("minir1/config/x.py", "from minir1 import recipes"): "no other room",
    ("kernels/minir1_kernels/x.py", "from minir1.config import ModelConfig"): "never import minir1",
    ("kernels/minir1_kernels/x.py", "def f():\n    import minir1"): "never import minir1",
    ("kernels/minir1_kernels/x.py", "import scipy"): "only torch and triton",
    ("kernels/minir1_kernels/__init__.py", "import triton"): "__init__.py nothing",
    ("minir1/bench/x.py", "import kernels.minir1_kernels"): "a folder",
}


@pytest.mark.parametrize(("path", "source"), BROKEN)
def test_a_broken_rule_is_found(path, source):
    found = faults(path, source)
    assert found and all(line.startswith(f"{path}:") for line in found)
    assert any(BROKEN[path, source] in line for line in found), found


FINE = [
    ("minir1/tasks/x.py", "import ast\nfrom minir1.tasks.base import Verdict\nimport sympy"),
    ("minir1/tasks/x.py", "def f():\n    import reasoning_gym"),
    ("minir1/text/x.py", "from minir1.tasks import base\nfrom minir1.config import CorpusConfig"),
    ("minir1/model/dispatch.py", "def f():\n    import minir1_kernels.route"),
    ("minir1/model/x.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import triton"),
    ("minir1/rl/x.py", "from minir1.tasks.base import Problem\nfrom minir1.model import cache"),
    ("minir1/run/distributed/x.py", "import torch.distributed as dist"),
    ("minir1/plan/x.py", "from minir1.run import distributed\nfrom minir1 import recipes"),
    ("minir1/cli/x.py", "import minir1\nfrom minir1 import recipes, __version__"),
    ("minir1/bench/x.py", "def f():\n    import transformers, minir1_kernels"),
    ("kernels/minir1_kernels/x.py", "import torch\nimport triton\nimport triton.language as tl"),
    ("kernels/bench.py", "def f():\n    import liger_kernel"),
]


@pytest.mark.parametrize(("path", "source"), FINE)
def test_what_the_table_allows_passes(path, source):
    assert faults(path, source) == []


def test_no_two_files_import_each_other():
    """Imports inside functions count too: a circle that is cut there is a circle all the same."""
    graph = {}
    for path in (ROOT / "minir1").rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        names = (name for name, _, _ in imports(tree) if within(name, "minir1"))
        graph[path] = {file for name in names if (file := file_of(name))} - {path}
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}}) and not circle_in({"a": {"b", "c"}})
    found = [str(path.relative_to(ROOT)) for path in circle_in(graph)]
    assert not found, " -> ".join(found)


def file_of(name: str) -> Path | None:
    """The file that stands behind a dotted name; for a name in a package, the package's face."""
    base = ROOT.joinpath(*name.split("."))
    parent = base.parent
    places = (base.with_suffix(".py"), base / "__init__.py", parent.with_suffix(".py"))
    return next((file for file in (*places, parent / "__init__.py") if file.exists()), None)


def circle_in(graph: dict) -> list:
    """A circle, from its first member back to it; empty where there is none."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def test_folders_with_common_names_are_no_packages():
    for name in ("kernels", "exercises", "solutions", "notebooks"):
        assert (ROOT / name).is_dir()
        assert not (ROOT / name / "__init__.py").exists(), f"{name}/ must not be a package"


def test_kernels_is_never_ours():
    """Hugging Face's package of that name must win over our folder; see kernels/README.md."""
    program = (
        "import sys; sys.path[:0] = ['.', 'kernels']\n"
        "import minir1, minir1_kernels\n"
        "assert 'kernels' not in sys.modules\n"
        "import importlib.util as u; spec = u.find_spec('kernels')\n"
        "assert spec is None or spec.origin is None or 'site-packages' in spec.origin, spec"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.hub
def test_transformers_does_not_take_the_folder_for_a_package():
    pytest.importorskip("transformers", reason="needs the extra hub")
    program = (
        "import sys; sys.path.insert(0, '.')\n"
        "import transformers.utils, transformers.integrations\n"
        "found = sys.modules.get('kernels')\n"
        "assert found is None or 'site-packages' in (found.__file__ or ''), found"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
