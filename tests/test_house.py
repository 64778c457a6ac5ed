"""The house in order: the README's tree, versions, sizes, and imports without side effects."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import setuptools
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = CONFIG["project"]
EXTRAS = PROJECT["optional-dependencies"]
SOURCES = sorted([*(ROOT / "minir1").rglob("*.py"), *(ROOT / "kernels").rglob("*.py")])

MAX_LINES = 200
MAX_FUNCTION = 60

# Where a program is run as code, and why it may be.
RUNS_CODE = {
    "minir1/tasks/code/child/__main__.py": "behind walls, in a process that knows no gold",
    "minir1/lab/grader/child.py": "a learner's own answer, in a process that can be killed",
}

# What Python 3.11 lacks on macOS, and who may use it: walls that only Linux has, or whoever asks.
NOT_ON_MACOS = """O_DIRECT O_PATH O_TMPFILE RUSAGE_THREAD copy_file_range epoll eventfd getrandom
    memfd_create pidfd_open pipe2 posix_fadvise posix_fallocate prlimit sched_getaffinity setresgid
    setresuid sigtimedwait sigwaitinfo waitid""".split()  # noqa: SIM905
USES_IT = {"landlock.py", "namespaces.py", "user.py", "device.py"}

# A pin that is left out on purpose.
NOT_PINNED = {"triton": "each CUDA build of torch asks for one version of its own"}


def tree_paths(readme: str) -> list[str]:
    """The paths that the README's tree names: two spaces deeper is inside the last folder."""
    block = re.search(r"## The house\n.*?```text\n(.*?)```", readme, re.DOTALL)
    assert block, "README.md has no tree under 'The house'"
    paths, folders = [], [""]
    for line in block[1].splitlines():
        name = line.split()[0]
        depth = (len(line) - len(line.lstrip())) // 2
        folders[depth + 1 :] = [folders[depth] + name]
        paths.append(folders[depth] + name)
    return paths


def test_the_readme_tree_exists():
    paths = tree_paths(README)
    assert len(paths) > 10
    missing = [path for path in paths if not (ROOT / path).exists()]
    assert not missing, f"README.md names what is not there: {missing}"
    assert all((ROOT / path).is_dir() == path.endswith("/") for path in paths)


def test_the_readme_tree_leaves_no_room_out():
    rooms = {f"minir1/{file.parent.name}/" for file in (ROOT / "minir1").glob("*/__init__.py")}
    assert rooms <= set(tree_paths(README))


@pytest.mark.parametrize(
    "room", ["rl", "rl/baselines", "model", "run", "run/distributed", "stages", "recipes"]
)
def test_the_page_of_a_room_names_each_of_its_files_once(room):
    folder = ROOT / "minir1" / room
    page = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
    listed = re.findall(r"^    (\w+\.py) ", page, re.MULTILINE)
    assert sorted(listed) == sorted({file.name for file in folder.glob("*.py")} - {"__init__.py"})


def test_the_readme_links_and_commands_exist():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), f"README.md links to {target}"
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"(?:^|`)make ([a-z0-9]+)", README, re.MULTILINE):
        assert f"\n{target}:" in makefile, f"README.md names `make {target}`"
    from minir1.cli.main import COMMANDS

    listed = re.findall(r"^minir1 (\w+)", README, re.MULTILINE)
    assert listed == list(COMMANDS)


def test_the_indonesian_readme_names_what_there_is():
    text = (ROOT / "README.id.md").read_text("utf-8")
    links = re.findall(r"\]\((?!http)([^)#]+)[^)]*\)", text)
    assert links and all((ROOT / link).exists() for link in links)
    both = [re.findall(r"^make \w+", one, re.MULTILINE) for one in (text, README)]
    assert both[0][:3] == both[1][:3]


def test_no_folder_of_tests_changes_what_the_next_one_sees():
    """A fixture of the whole session, used unasked, would outlive its folder and all it patched."""
    for path in sorted((ROOT / "tests").glob("*/**/conftest.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                given = {word.arg: ast.unparse(word.value) for word in node.keywords}
                lasting = given.get("scope") == "'session'" and "autouse" in given
                assert not lasting, f"{path.relative_to(ROOT)}, line {node.lineno}: scope='module'"


def test_macos_has_what_is_used():
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in NOT_ON_MACOS:
                where = f"{path.relative_to(ROOT)}, line {node.lineno}"
                assert path.name in USES_IT, f"{where}: {ast.unparse(node)} is not on every Mac"


def test_the_top_level_stands():
    for name in """pyproject.toml README.md LICENSE CHANGELOG.md CONTRIBUTING.md Makefile
        constraints.txt minir1 kernels notebooks exercises solutions tests .ci/run""".split():  # noqa: SIM905
        assert (ROOT / name).exists(), name


def test_ci_runs_the_readme_test_command():
    assert "make test" in README and "make test" in (ROOT / ".ci" / "run").read_text("utf-8")


@pytest.mark.parametrize("name", ["minir1", "minir1_kernels"])
def test_packages_are_found(name):
    find = CONFIG["tool"]["setuptools"]["packages"]["find"]
    found = {
        package
        for where in find["where"]
        for package in setuptools.find_packages(str(ROOT / where), include=find["include"])
    }
    assert name in found
    assert {package.split(".")[0] for package in found} == {"minir1", "minir1_kernels"}
    with_init = {file.parent for file in SOURCES if file.name == "__init__.py"}
    assert len(found) == len(with_init)
    # kernels/ itself holds scripts, and must hold no __init__.py.
    assert not [f for f in SOURCES if f.parent not in with_init and f.parent != ROOT / "kernels"]
    assert not (ROOT / "kernels" / "__init__.py").exists()


def test_every_data_file_is_installed():
    patterns = CONFIG["tool"]["setuptools"]["package-data"]["minir1"]
    packed = {file for pattern in patterns for file in (ROOT / "minir1").glob(pattern)}
    files = {file for file in (ROOT / "minir1").rglob("*.*") if file.is_file()}
    left_out = {file for file in files if file.suffix not in (".py", ".pyc")} - packed
    assert not left_out, f"add a pattern to package-data in pyproject.toml for {left_out}"


def requirements() -> list[tuple[str, Requirement]]:
    lines = [("core", line) for line in PROJECT["dependencies"]]
    lines += [(extra, line) for extra, values in EXTRAS.items() for line in values]
    return [(extra, Requirement(line)) for extra, line in lines]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def test_constraints_are_names_and_versions_only():
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        assert line.startswith("# ") or re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line), line


def test_every_range_has_both_ends_and_holds_the_pinned_version():
    pinned = pins()
    for extra, requirement in requirements():
        name = canonicalize_name(requirement.name)
        if name == "minir1":
            continue
        operators = {part.operator for part in requirement.specifier}
        assert ">=" in operators, f"{extra}: {requirement} has no lower end"
        assert "<" in operators or name == "setuptools", f"{extra}: {requirement} has no upper end"
        assert name in pinned or name in NOT_PINNED, f"{extra}: {name} is not in constraints.txt"
        if name in pinned:
            assert requirement.specifier.contains(pinned[name]), (requirement, pinned[name])


def test_a_package_has_one_range_wherever_it_is_named():
    ranges: dict[str, set[str]] = {}
    for _, requirement in requirements():
        ranges.setdefault(canonicalize_name(requirement.name), set()).add(
            str(requirement.specifier)
        )
    assert {name: r for name, r in ranges.items() if len(r) > 1} == {}


def test_extras_are_complete_and_named_in_the_readme():
    (everything,) = EXTRAS["all"]
    assert set(Requirement(everything).extras) == set(EXTRAS) - {"all"}
    for extra, lines in EXTRAS.items():
        assert lines, f"{extra} installs nothing"
        assert f"`{extra}`" in README, f"README.md does not say what {extra} is"


def lines_of(node: ast.AST) -> int:
    return node.end_lineno - node.lineno + 1  # type: ignore[attr-defined]


def untidy(path: str, source: str) -> list[str]:
    """What in a source file the house does not want, one line each."""
    tree = ast.parse(source)
    found = []
    if source.count("\n") > MAX_LINES:
        found.append(f"{path}: {source.count(chr(10))} lines; split it by concept")
    if source.strip() and not ast.get_docstring(tree):
        found.append(f"{path}: no docstring at the top")
    for number, line in enumerate(source.splitlines(), 1):
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line):
            found.append(f"{path}:{number}: an unfinished thought: {line.strip()}")
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            kind = ast.unparse(node.type) if node.type else ""
            if not kind or re.search(r"\b(Base)?Exception\b", kind):
                found.append(f"{path}:{node.lineno}: a broad except hides bugs; name the error")
        elif isinstance(node, ast.Global):
            found.append(f"{path}:{node.lineno}: module-global state; pass it along")
        elif isinstance(node, ast.FunctionDef) and lines_of(node) > MAX_FUNCTION:
            found.append(f"{path}:{node.lineno}: {node.name} has {lines_of(node)} lines")
        elif path in RUNS_CODE:
            continue
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("eval", "exec"):
            found.append(f"{path}:{node.lineno}: {ast.unparse(node.func)} runs text as code")
    return found


def test_sources_are_tidy():
    found = [
        line
        for file in SOURCES
        for line in untidy(file.relative_to(ROOT).as_posix(), file.read_text("utf-8"))
    ]
    assert not found, "\n" + "\n".join(found)


DOC = '"""A file."""\n'


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = 1\n", "no docstring"),
        (DOC + "x = 1\n" * MAX_LINES, "lines; split"),
        (DOC + "# TO" + "DO: finish\n", "unfinished"),
        (DOC + "try:\n    pass\nexcept Exception:\n    pass\n", "broad except"),
        (DOC + "try:\n    pass\nexcept (OSError, BaseException):\n    pass\n", "broad except"),
        (DOC + "try:\n    pass\nexcept:\n    pass\n", "broad except"),
        (DOC + "def f():\n    global x\n", "module-global"),
        (DOC + "eval('1')\n", "runs text as code"),
        (DOC + "def f():\n" + "    x = 1\n" * MAX_FUNCTION, "f has 61 lines"),
    ],
)
def test_untidy_sources_are_found(source, message):
    assert any(message in line for line in untidy("minir1/x.py", source))


def test_a_tidy_source_passes():
    assert untidy("minir1/x.py", DOC + "try:\n    pass\nexcept ValueError:\n    pass\n") == []


IMPORT_ALL = """
import importlib, pathlib, sys, warnings

class Absent:
    names = {"triton", "transformers", "accelerate", "trl", "jupyterlab", "ipywidgets", "IPython",
             "ipykernel", "jupytext", "nbclient", "nbformat", "gguf", "reasoning_gym", "pytest"}
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.names:
            raise ModuleNotFoundError(f"{name} is absent in this test", name=name)

sys.meta_path.insert(0, Absent())
warnings.simplefilter("error")
import torch
state = torch.random.get_rng_state(), torch.get_default_dtype(), torch.get_num_threads()
before = set(pathlib.Path().rglob("*"))
for file in sorted(pathlib.Path(sys.argv[1]).rglob("*.py")):
    parts = file.relative_to(pathlib.Path(sys.argv[1]).parent).with_suffix("").parts
    if parts[-1] != "__main__":
        importlib.import_module(".".join(parts).removesuffix(".__init__"))
assert torch.equal(state[0], torch.random.get_rng_state()), "an import drew random numbers"
assert state[1:] == (torch.get_default_dtype(), torch.get_num_threads()), "an import set torch up"
assert set(pathlib.Path().rglob("*")) == before, "an import wrote files"
assert "kernels" not in sys.modules, "the folder kernels/ was imported as a package"
"""


def test_imports_have_no_side_effects_and_need_no_extra(tmp_path):
    """Every module imports without triton, transformers and Jupyter, and does nothing else."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, str(ROOT / "minir1")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'kernels'}"},
        capture_output=True,
        text=True,
    )
    # A torch for GPUs comes with Triton, and says so where this test hides it.
    said = [line for line in done.stderr.splitlines() if "triton not found" not in line]
    assert (done.returncode, done.stdout, said) == (0, "", [])
