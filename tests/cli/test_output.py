"""Numbers for a person, and the same numbers as JSON."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from minir1.cli.main import main
from minir1.cli.output import cells, say, table

PASS = {"value": 0.123456, "low": 0.1, "high": 0.25}


def test_json_is_the_whole_result(capsys):
    result = {"pass@1": PASS, "rows": [{"question": "make 3 from 1 2"}], "n": 1234}
    say(result, as_json=True)
    assert json.loads(capsys.readouterr().out) == result


def test_a_table_has_one_line_a_number(capsys):
    say({"pass@1": PASS, "pass@k": {"2": PASS}, "rows": [1], "n": 1234, "maj": None}, as_json=False)
    lines = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    words = [[part.strip() for part in line if part.strip()] for line in lines]
    assert words == [
        ["pass@1", "0.1235 (0.1 to 0.25)"],
        ["pass@k.2", "0.1235 (0.1 to 0.25)"],
        ["n", "1,234"],
        ["maj", "-"],
    ]


@pytest.mark.parametrize("columns", ["20", "40", "200"])
def test_no_word_of_a_table_is_cut_in_a_narrow_terminal(columns, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    rows = [[f"{row}{column}-heading-{column}" for column in "abcdef"] for row in "xyz"]
    table(rows)
    table([("name", "path"), ("run", "q" * 60)])
    out = capsys.readouterr().out
    assert all(cell in out for row in rows for cell in row)
    assert out.count("q") == 60


def test_the_widest_column_gives_way_and_not_a_word(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    head = ("learned from", "rows seen", "written by", "seed", "no lineage", "held out")
    base = ("student_base: documents", "1,440 of 1,440", "text/scenarios.py", "0/0 .. 0/59", *"00")
    zero = ("zero: questions", "12 of 12", "tasks: scenarios", "1002003006 .. 1002003008", *"00")
    table([head, base, zero])
    lines = capsys.readouterr().out.splitlines()
    assert set(" ".join([*head, *base, *zero]).split()) <= set(" ".join(lines).split())
    assert all(len(line) <= 80 and line == line.rstrip() for line in lines)


def test_a_terminal_that_lacks_a_sign_shows_another(tmp_path):
    """A model may write anything, and so may the name of a folder."""
    command = [sys.executable, "-m", "minir1", "report", str(tmp_path / "\u65e5\u672c")]
    found = subprocess.run(
        command, env=os.environ | {"PYTHONIOENCODING": "ascii"}, capture_output=True, text=True
    )
    assert found.returncode == 2 and "/?? is not a run" in found.stderr


@pytest.mark.parametrize("value", [True, False])
def test_truth_is_not_a_number(value):
    assert cells({"done": value}) == {"done": str(value)}


def a_job(config, out, world):
    page = out / "report" / "index.html"
    return {
        "run": str(out),
        "report": str(page),
        "base": {"pass@1": PASS},
        "final": {"pass@1": PASS},
    }


def test_run_shows_base_and_final_side_by_side_and_where_the_report_is(
    tmp_path: Path, capsys, monkeypatch
):
    import minir1.stages

    job = SimpleNamespace(run=a_job)
    monkeypatch.setitem(sys.modules, "minir1.stages.job", job)
    monkeypatch.setattr(minir1.stages, "job", job, raising=False)
    assert main(["run", "smoke", "--out", str(tmp_path / "a b")]) == 0
    out = capsys.readouterr().out
    assert out.endswith(f"The report: {tmp_path / 'a b' / 'report' / 'index.html'}\n")
    assert out.count("0.1235 (0.1 to 0.25)") == 2
    assert main(["run", "smoke", "--out", str(tmp_path / "a b"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["final"] == {"pass@1": PASS}
    assert main(["run", "smoke", "--out", str(tmp_path / "a b"), "--seed", "1"]) == 2
    assert "seed was 0 and is 1" in capsys.readouterr().err
