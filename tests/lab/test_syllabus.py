"""The table of the exercises says what the course holds today."""

import re

from minir1.lab.exercises import COURSE, NOTEBOOKS
from minir1.lab.syllabus import PAGE, table, with_table


def test_the_page_is_of_today():
    text = PAGE.read_text(encoding="utf-8")
    assert with_table(text) == text, "run `python -m minir1.lab.syllabus`"
    assert table() in text


def test_every_answer_stands_in_the_line_of_its_notebook():
    lines = [line for line in table().splitlines() if line.startswith("| [")]
    assert len(lines) == len(NOTEBOOKS)
    for notebook, line in zip(NOTEBOOKS, lines, strict=True):
        mine = {one.id: one.max_points for one in COURSE if one.notebook == notebook}
        found = {name: int(points) for name, points in re.findall(r"`(\w+)` (\d+)", line)}
        assert found == mine and f"({notebook}.ipynb)" in line
        assert f"| {sum(mine.values())} |" in line
