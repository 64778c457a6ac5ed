"""The table from equations to functions has no dead link, and the code names the papers."""

import ast
from pathlib import Path

import pytest

from minir1.lab.equations import EQUATIONS, main, markdown

ROOT = Path(__file__).parents[2]


def docstrings(tree, name):
    """The docstring of the file and of one function or method in it; None if it isn't there."""
    node = tree
    for part in name.split("."):
        found = [n for n in node.body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
        node = next((n for n in found if n.name == part), None)
        if node is None:
            return None
    return f"{ast.get_docstring(tree)}\n{ast.get_docstring(node)}"


@pytest.mark.parametrize("one", EQUATIONS, ids=lambda one: f"{one.name}, {one.where}")
def test_an_equation_leads_to_a_function_whose_file_names_the_paper(one):
    text = docstrings(ast.parse((ROOT / "minir1" / one.file).read_text("utf-8")), one.name)
    assert text is not None, f"{one.file} has no {one.name}"
    number = one.arxiv.removeprefix("1927")
    assert number in text, f"the docstrings of {one.name} don't name {number}"
    assert list((ROOT / "notebooks" / "src").glob(f"{one.lesson}_*.py"))


def test_the_committed_table_is_the_one_that_the_command_writes(tmp_path):
    (tmp_path / "notebooks").mkdir()
    written = main(tmp_path).read_text("utf-8")
    assert written == markdown()
    assert written == (ROOT / "notebooks" / "equations.md").read_text("utf-8")


def test_every_row_has_a_link_that_opens():
    lines = [line for line in markdown().splitlines() if "`](" in line]
    assert len(lines) == len(EQUATIONS)
    for line in lines:
        path = line.split("`](")[1].split(")")[0]
        assert (ROOT / "notebooks" / path).is_file()
