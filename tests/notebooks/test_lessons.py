"""Every lesson runs, keeps the rules of a lesson, and is committed as new as its source."""

import ast
import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from minir1.bench.rows import current
from minir1.bench.seeds import read_results
from minir1.bench.thresholds import table, verdicts
from minir1.lab.anatomy import transitions
from minir1.lab.build import check, targets
from minir1.lab.numbers import bill, gains, patience_or_insight
from minir1.lab.seeds import gain_split, seed_path
from minir1.lab.source import read
from minir1.run.home import published
from minir1.run.report.reading import read_run

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks" / "src").glob("*.py"))
MAX_CELLS, MAX_LINES = 40, 12
LIMIT_S = 600
"""Far above what a lesson takes at smoke scale, for a machine that is busy with other things."""

EXECUTE = """
import sys
from pathlib import Path
import nbformat
from minir1.bench.rows import current
from minir1.bench.seeds import read_results
from minir1.bench.thresholds import table
from minir1.lab.build import execute, refuse_addresses
from minir1.lab.numbers import bill, gains, patience_or_insight
from minir1.lab.source import read
from minir1.run.home import published
from minir1.run.report.reading import read_run
source, out = map(Path, sys.argv[1:])
notebook = read(source, solved=True)
execute(notebook, source.parents[1])
refuse_addresses(notebook, source)
nbformat.write(notebook, out)
"""


@functools.cache
def package_names() -> set[str]:
    """Functions and classes that the package defines."""
    return {
        node.name
        for file in (ROOT / "minir1").rglob("*.py")
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }


def broken_rules(cells: list, names: set[str]) -> list[str]:
    """The rules of a lesson that these cells break, one line each."""
    found = []
    first = cells[0].source if cells and cells[0].cell_type == "markdown" else ""
    for word in ("After this lesson you can", "**Time**", "**Hardware and cost**"):
        if word not in first:
            found.append(f"the first cell doesn't say {word!r}")
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    for word in (
        "**Predict",
        "What went wrong here",
        "# The same code at scale",
        "# Check yourself",
    ):
        if word not in text:
            found.append(f"there is no {word!r}")
    if len(cells) > MAX_CELLS:
        found.append(f"{len(cells)} cells are more than {MAX_CELLS}")
    for number, cell in enumerate(cells, 1):
        if cell.cell_type != "code":
            continue
        if len(cell.source.splitlines()) > MAX_LINES:
            found.append(f"cell {number} has more than {MAX_LINES} lines")
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in names:
                found.append(f"cell {number} defines {node.name}, which the package has")
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        if not (ROOT / "notebooks" / link).exists():
            found.append(f"the link to {link} leads nowhere")
    return found


def markdown_outputs(notebook: dict) -> list[str]:
    """The text of every output that is Markdown."""
    bundles = [out.get("data", {}) for cell in notebook["cells"] for out in cell.get("outputs", ())]
    return ["".join(data["text/markdown"]) for data in bundles if "text/markdown" in data]


def test_there_are_lessons():
    assert LESSONS[0].stem == "00_the_journey"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_keeps_the_rules(lesson):
    assert broken_rules(read(lesson, solved=True).cells, package_names()) == []


def test_broken_rules_are_found(tmp_path):
    source = tmp_path / "99_bad.py"
    long = "\n".join(f"x = {n}" for n in range(MAX_LINES + 1))
    source.write_text(
        f"# %% [markdown]\n# # Bad\n# [x](no.md)\n\n# %%\n{long}\n\n# %%\ndef score():\n    pass\n"
    )
    found = "\n".join(broken_rules(read(source, solved=True).cells * 14, package_names()))
    for word in ("doesn't say '**Time**'", "no '# Check yourself'", "42 cells", "cell 2 has more",
                 "cell 3 defines score", "no.md leads nowhere"):  # fmt: skip
        assert word in found


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_the_committed_notebook_is_as_new_as_its_source(lesson):
    made = ROOT / "notebooks" / f"{lesson.stem}.ipynb"
    (target,) = [one for one in targets(ROOT, [lesson.stem]) if one.notebook == made]
    assert check(target) == ""


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_the_committed_notebook_is_small_and_names_no_folder(lesson):
    notebook = (ROOT / "notebooks" / f"{lesson.stem}.ipynb").read_text("utf-8")
    assert len(notebook) < 1_500_000
    assert str(ROOT) not in notebook and "/tmp/" not in notebook


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_the_code_that_a_committed_notebook_shows_is_the_code_of_today(lesson):
    notebook = json.loads((ROOT / "notebooks" / f"{lesson.stem}.ipynb").read_text("utf-8"))
    shown = 0
    for text in markdown_outputs(notebook):
        found = re.fullmatch(
            r"\[((?:minir1|kernels)/[^,]+), line \d+\]\(.*?\)\n\n```python\n(.*)\n```",
            text,
            re.DOTALL,
        )
        if found:
            shown += 1
            today = (ROOT / found[1]).read_text("utf-8")
            lines = {line.strip() for line in today.splitlines()}
            old = [line for line in found[2].splitlines() if line.strip() not in lines]
            assert not old, f"{found[1]} has changed: run `make notebooks`"
    assert shown >= 5


def test_lesson_00_shows_the_published_run():
    notebook = json.loads((ROOT / "notebooks" / "00_the_journey.ipynb").read_text("utf-8"))
    run = read_run(published("laptop"))
    seeds = [row for row in current(read_results()) if row["recipe"] == "laptop"]
    shown = [repr(one) for one in (gains(run), bill(run), patience_or_insight(run))]
    for text in [*shown, table(seeds)]:
        assert text in markdown_outputs(notebook), "run `make notebooks`"


def test_lesson_08_shows_the_seeds_of_today():
    notebook = json.loads(
        (ROOT / "notebooks" / "08_r1_zero_on_your_laptop.ipynb").read_text("utf-8")
    )
    run, rows = read_run(published("laptop")), current(read_results())
    shown = markdown_outputs(notebook)
    for text in (verdicts(rows), repr(transitions(run)), repr(bill(run))):
        assert text in shown, "run `make notebooks`"
    gained = f"{seed_path(rows, 'laptop').words}. {gain_split(rows, 'laptop').words}."
    assert gained in shown, "run `make notebooks`"


@pytest.mark.timeout(LIMIT_S + 30)
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_at_smoke_scale(lesson, tmp_path):
    if "minir1_kernels" in lesson.read_text("utf-8"):
        pytest.importorskip("triton", reason="needs the extra kernels, which is for Linux only")
    out = tmp_path / "lesson.ipynb"
    environment = {**os.environ, "MINIR1_SCALE": "smoke", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", EXECUTE, str(lesson), str(out)],
        env=environment, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    outputs = [
        output
        for cell in json.loads(out.read_text("utf-8"))["cells"]
        for output in cell.get("outputs", ())
    ]
    pictures = [one for one in outputs if "image/png" in one.get("data", {})]
    assert len(pictures) >= 10
    noise = ["".join(one["text"]) for one in outputs if one.get("name") == "stderr"]
    assert noise == [], "a lesson's cells print no warnings"
