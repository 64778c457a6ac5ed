"""The notebook build: one source, the same bytes each time, and holes where solutions were."""

import json
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minir1.lab.build import build, main, targets
from minir1.lab.source import BEGIN, END, HOLE, fill

LESSON = """# %% [markdown]
# # A lesson
# It runs where a reader runs it.

# %% tags=["setup"]
import os
print("in", os.path.basename(os.getcwd()))
print({"one", "two", "three", "four"})

# %%
1 + 1
"""

EXERCISE = f'''# %% [markdown]
# # An exercise

# %%
def add(a, b):
    """The sum."""
    {BEGIN}
    total = a + b
    return total
    {END}

# %%
try:
    print(add(1, 2))
except NotImplementedError as gap:
    print(gap)
'''


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path, text in {"notebooks/src/00_a.py": LESSON, "solutions/src/01_b.py": EXERCISE}.items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def text_of(notebook: Path) -> str:
    cells = nbformat.read(notebook, as_version=4).cells
    return "".join(out.get("text", "") for cell in cells for out in cell.get("outputs", ()))


def test_a_build_makes_all_three_kinds_and_passes_its_own_check(root, capsys):
    assert main([], root) == 0
    made = {p.relative_to(root).as_posix() for p in root.rglob("*.ipynb*")}
    assert made == {"notebooks/00_a.ipynb", "solutions/01_b.ipynb", "exercises/01_b.ipynb"}
    assert text_of(root / "notebooks/00_a.ipynb").startswith("in notebooks\n")
    assert text_of(root / "solutions/01_b.ipynb") == "3\n"
    exercise = (root / "exercises/01_b.ipynb").read_text()
    assert "your code here" in exercise and "total" not in exercise
    assert "SOLUTION" not in (root / "solutions/01_b.ipynb").read_text()
    assert main(["--check"], root) == 0

    # A second build gives the same bytes.
    first = (root / "notebooks/00_a.ipynb").read_bytes()
    build(targets(root, ["00_a"])[0])
    assert (root / "notebooks/00_a.ipynb").read_bytes() == first
    lesson = json.loads(first)
    assert set(lesson["metadata"]) == {"kernelspec", "language_info"}
    assert [cell["id"] for cell in lesson["cells"]] == ["cell-001", "cell-002", "cell-003"]
    assert lesson["cells"][1]["metadata"] == {"tags": ["setup"]}

    # Each way to be out of date is named.
    (root / "notebooks/src/00_a.py").write_text(LESSON + "\n# %%\n2\n")
    (root / "exercises/01_b.ipynb").unlink()
    (root / "solutions/09_z.ipynb").write_text("{}")
    capsys.readouterr()
    assert main(["--check"], root) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "notebooks/00_a.ipynb is older than 00_a.py",
        "exercises/01_b.ipynb is missing",
        "solutions/09_z.ipynb has no source",
    ]


def test_a_notebook_that_was_not_run_is_found(root, capsys):
    from minir1.lab.source import read

    notebook = read(root / "notebooks/src/00_a.py", solved=True)
    nbformat.write(notebook, root / "notebooks/00_a.ipynb")
    assert main(["--check", "00_a"], root) == 1
    assert "was not executed" in capsys.readouterr().err


def test_an_output_that_changes_with_every_build_is_refused(root):
    (root / "notebooks/src/00_a.py").write_text("# %%\nobject()\n")
    with pytest.raises(ValueError, match=r"begins 'object\(\)' prints a memory address"):
        main(["00_a"], root)
    assert not list(root.rglob("*.ipynb*"))


def test_a_progress_bar_is_not_kept_at_its_beginning(root):
    pytest.importorskip("tqdm")
    source = "# %%\nfrom tqdm.auto import tqdm\nlist(tqdm(range(2)))\n"
    (root / "notebooks/src/00_a.py").write_text(source)
    assert main(["00_a"], root) == 0
    (cell,) = nbformat.read(root / "notebooks/00_a.ipynb", as_version=4).cells
    assert [out.data["text/plain"] for out in cell.outputs] == ["[0, 1]"]


def test_a_cell_that_fails_stops_the_build_and_keeps_the_old_notebook(root):
    (root / "notebooks/00_a.ipynb").write_text("old")
    (root / "notebooks/src/00_a.py").write_text("# %%\n1 / 0\n")
    with pytest.raises(ValueError, match=r"(?s)00_a\.py: a cell failed.*ZeroDivisionError"):
        main(["00_a"], root)
    assert (root / "notebooks/00_a.ipynb").read_text() == "old"


def test_an_unknown_name_lists_those_that_exist(root):
    with pytest.raises(ValueError, match="there are: 00_a, 01_b"):
        main(["00_b"], root)


@pytest.mark.parametrize("text", [BEGIN, END, f"{BEGIN}\n{BEGIN}\n{END}", f"{BEGIN}\n{END}\n{END}"])
def test_a_marker_without_partner_is_named_with_its_line(text, root):
    (root / "solutions/src/01_b.py").write_text(text)
    with pytest.raises(ValueError, match=r"01_b\.py: line [123]: '# (BEGIN|END) SOLUTION' has no"):
        main(["01_b"], root)


plain_lines = st.lists(st.sampled_from(["", "x = 1", "    return y", "# a note"]), max_size=4)


@given(st.lists(st.tuples(plain_lines, plain_lines), max_size=3), plain_lines)
def test_fill_keeps_or_removes_exactly_what_the_markers_hold(parts, end):
    text, kept, holed = [], [], []
    for before, hidden in parts:
        text += [*before, f"  {BEGIN}", *hidden, f"  {END}"]
        kept += before + hidden
        holed += [*before, f"  {HOLE}"]
    assert fill("\n".join(text + end), solved=True) == "\n".join(kept + end)
    assert fill("\n".join(text + end), solved=False) == "\n".join(holed + end)
