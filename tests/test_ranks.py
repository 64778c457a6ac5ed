"""No branch on rank, number of processes or device: one code path, walked through its syntax.

Whoever reads a stage, a step or the model reads what one process does and what 512 do. Only
`run/distributed/` knows which it is, and only `model/dispatch.py` who computes the experts.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Files that may ask, and what for.
MAY_ASK = {
    "minir1/model/dispatch.py": "chooses the backend of the experts, once",
    "minir1/run/device.py": "finds the devices of this machine, and describes them",
    "minir1/lab/surgery.py": "the rank of a matrix",
}
FOLDERS_THAT_MAY_ASK = (
    "minir1/run/distributed/",
    "minir1/bench/",
    "minir1/launch/",
    "minir1/plan/",
)

# Names of what a branch must not depend on.
RANKS = {"rank", "local_rank", "world_size", "is_main", "n_ranks", "num_processes", "node_rank"}
DEVICES = {"is_available", "device_count", "is_cuda", "is_cpu"}
COUNTS = {"peers", "processes", "ranks", "world"}
"""Of these, a comparison with a number is a branch."""


def asks(test: ast.expr) -> str:
    """Which name in a condition is about ranks, sizes of the world or devices; "" if none is."""
    if isinstance(test, ast.Compare) and ast.unparse(test.comparators[0]) == "'meta'":
        return ""  # no device: shapes without memory
    for node in ast.walk(test):
        if isinstance(node, ast.Compare):
            sides = [ast.unparse(side) for side in (node.left, *node.comparators)]
            if COUNTS & set(sides) and any(side.isdecimal() for side in sides):
                return ast.unparse(node)
        name = {ast.Name: "id", ast.Attribute: "attr"}.get(type(node))
        word = getattr(node, name) if name else ""
        if word in RANKS | DEVICES:
            return word
        if isinstance(node, ast.Attribute) and word in ("size", "type"):
            owner = ast.unparse(node.value).rpartition(".")[2]
            if (word, owner) in {("size", "world"), ("size", "peers"), ("type", "device")}:
                return f"{owner}.{word}"
        if isinstance(node, ast.Constant) and node.value in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):
            return node.value
    return ""


def branches(path: str, source: str) -> list[str]:
    """The conditions in a file that depend on who computes, one line each."""
    if path in MAY_ASK or path.startswith(FOLDERS_THAT_MAY_ASK):
        return []
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert):
            tests = [node.test]
        elif isinstance(node, ast.BoolOp):
            tests = node.values[:-1]  # the last one is a value, nothing depends on it
        elif isinstance(node, ast.comprehension):
            tests = node.ifs
        elif isinstance(node, ast.Match):
            tests = [node.subject]
        else:
            continue
        found += [f"{path}:{t.lineno}: branches on {asks(t)}" for t in tests if asks(t)]
    return found


def test_no_file_branches_on_who_computes():
    found = []
    for file in sorted((ROOT / "minir1").rglob("*.py")):
        found += branches(file.relative_to(ROOT).as_posix(), file.read_text("utf-8"))
    assert not found, "\n" + "\n".join(found)


def test_those_who_may_ask_do():
    """An exception that nobody needs any more is taken off the list."""
    for path in MAY_ASK:
        assert branches(f"x/{path}", (ROOT / path).read_text("utf-8")), path


@pytest.mark.parametrize(
    "source",
    [
        "if world.rank == 0:\n    save()",
        "if self.world.is_main: save()",
        "x = a if peers.size > 1 else b",
        "while rank: pass",
        "y = [f(i) for i in items if i % world_size == rank]",
        "if torch.cuda.is_available(): pass",
        "if device.type == 'cuda': pass",
        "x = world.size > 1 and f()",
        "if os.environ['RANK'] == '0': pass",
        "match world.size:\n    case 1: pass",
        "assert world.size == 1",
        "if peers == 1: pass",
        "x = a if 1 < processes else b",
    ],
)
def test_a_branch_is_found(source):
    assert branches("minir1/stages/x.py", source)
    assert branches("minir1/run/distributed/x.py", source) == []


@pytest.mark.parametrize(
    "source",
    [
        "n = fixed or total / peers.size",
        "if device.type != 'meta': pass",
        "if len(rows) > size: pass",
        "if lora_rank: pass",
        "x = world.rank",
        "if world is None: pass",
    ],
)
def test_what_is_no_branch_on_it_passes(source):
    assert branches("minir1/stages/x.py", source) == []
