"""Exercise notebooks: untouched they run to the end, solved they show all points."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from minir1.lab.build import check, targets
from minir1.lab.exercises import COURSE, NOTEBOOKS

ROOT = Path(__file__).parents[2]
LIMIT_S = 300

EXECUTE = """
import sys
from pathlib import Path
import nbformat
from minir1.lab.build import execute
source, out = map(Path, sys.argv[1:])
notebook = nbformat.read(source, as_version=4)
execute(notebook, source.parent)
nbformat.write(notebook, out)
"""


def outputs(path):
    cells = json.loads(Path(path).read_text("utf-8"))["cells"]
    return [
        "".join(bundle)
        for cell in cells
        for output in cell.get("outputs", ())
        for bundle in [output.get("data", {}).get("text/markdown", output.get("text", ""))]
    ]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_both_notebooks_are_as_new_as_their_source(name):
    made = [one for one in targets(ROOT, [name]) if one.notebook.parent.name != "notebooks"]
    assert [check(target) for target in made] == ["", ""]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_solved_notebook_shows_all_points(name):
    shown = "\n".join(outputs(ROOT / "solutions" / f"{name}.ipynb"))
    mine = [one for one in COURSE if one.notebook == name]
    for one in mine:
        assert f"**{one.id}: All {one.max_points} points." in shown
    most = sum(one.max_points for one in mine)
    assert f"**{most}/{most}**" in shown and str(ROOT) not in shown


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_exercise_is_told_checked_and_boxed(name):
    cells = json.loads((ROOT / "exercises" / f"{name}.ipynb").read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    words = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] != "code")
    for one in COURSE:
        if one.notebook == name:
            assert f"check({one.id})" in code and f"`{one.id}`" in words
    assert sum("your code here" in cell for cell in code) == sum(
        one.notebook == name for one in COURSE
    )


@pytest.mark.timeout(LIMIT_S + 30)
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] * (name != NOTEBOOKS[0])) for name in NOTEBOOKS],
)
def test_an_untouched_exercise_runs_to_its_end_and_earns_nothing(name, tmp_path):
    out = tmp_path / "run.ipynb"
    source = ROOT / "exercises" / f"{name}.ipynb"
    done = subprocess.run(
        [sys.executable, "-c", EXECUTE, str(source), str(out)],
        cwd=tmp_path, capture_output=True, text=True, timeout=LIMIT_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    shown = "\n".join(outputs(out))
    mine = [one for one in COURSE if one.notebook == name]
    assert shown.count("not done yet") >= len(mine)
    assert f"**0/{sum(one.max_points for one in mine)}**" in shown
