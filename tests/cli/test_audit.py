"""`minir1 audit`: a table or JSON, and the exit status."""

import json

import pytest

from minir1.cli.main import main


def write(path, rows) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def rows(golds):
    return [{"question": f"q {i}?", "gold": g, "verifier": "math"} for i, g in enumerate(golds)]


def test_a_sound_task_is_status_0(capsys):
    assert main(["audit", "arithmetic", "--rows", "20", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["passed"] and [c["status"] for c in found["checks"]] == ["ok"] * 6


def test_a_task_that_a_constant_wins_is_status_1(tmp_path, capsys):
    path = write(tmp_path / "same.jsonl", rows(["17"] * 9 + ["4"]))
    assert main(["audit", path]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "FAIL" in out and "'17': 0.90" in out


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("countdwn", "give countdown, arithmetic, the path of a file"),
        ("n_queens", "task.family = 'n_queens' can't be used"),
    ],
)
def test_an_unknown_task_is_one_line(name, message, capsys):
    assert main(["audit", name]) == 2
    err = capsys.readouterr().err
    assert message in err and err.count("\n") == 1


def test_a_broken_file_is_one_line(tmp_path, capsys):
    path = write(tmp_path / "bad.jsonl", [{"question": "a?"}])
    assert main(["audit", path]) == 2
    assert f"{path}, line 1: " in capsys.readouterr().err


@pytest.mark.parametrize("count", ["0", "-3"])
def test_an_audit_of_no_rows_does_not_pass(count, tmp_path, capsys):
    """Nothing that is asked can't fail; and of a file, -3 left the last three out."""
    path = write(tmp_path / "rows.jsonl", rows(["17"] * 9))
    for task in ("countdown", path):
        assert main(["audit", task, "--rows", count]) == 2
        assert f"rows = {count} can't be used: use 1 or more" in capsys.readouterr().err
