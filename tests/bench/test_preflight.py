"""Preflight judges only like against like."""

import json

from minir1.bench.preflight import SLACK, disk, judge
from minir1.cli.main import main


def test_a_machine_may_be_a_fifth_worse_than_its_plan():
    assert judge("x", 100 * (1 - SLACK), 100, "").verdict == "ok"
    assert judge("x", 100 * (1 - SLACK) - 0.1, 100, "").verdict == "FAIL"
    assert judge("x", 1, None, "").verdict == "-"


def test_the_disk_is_left_as_it_was(tmp_path):
    check = disk(tmp_path / "runs")
    assert isinstance(check.found, float) and check.found > 0
    assert list((tmp_path / "runs").iterdir()) == []


def test_on_a_cpu_it_tells_and_does_not_judge(tmp_path, capsys):
    words = ["preflight", "laptop", "--device", "cpu", "--out", str(tmp_path), "--json"]
    status = main(words)
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    assert checks["devices"]["planned"] is None and "not judged" in checks["devices"]["note"]
    assert checks["FLOP/s of one GPU"]["found"] > 0
    assert checks["FLOP/s of one GPU"]["verdict"] == "-"
    assert status == (checks["bytes/s to the disk"]["verdict"] == "FAIL")
