"""The worked example's seeds: rows that follow from the runs, and what is drawn from them."""

import math

import pytest

from minir1.bench import capstone
from minir1.bench.capstone import accuracies, arm, over, read, row_of
from minir1.lab.course import ROOT
from minir1.run.report.reading import read_run
from minir1.stages import job

EXAMPLE = ROOT / "solutions" / "capstone"


@pytest.fixture
def example():
    return {name: read_run(EXAMPLE / name) for name in ("run", "control")}


def test_the_first_row_is_the_worked_example(example):
    row = row_of(example["run"], example["control"])
    assert row == read()[0] and row["seed"] == 0
    for name, value in (("base", example["run"].evaluations["base"]),
                        ("final", example["run"].evaluations["final"]),
                        ("control", example["control"].evaluations["final"])):  # fmt: skip
        assert accuracies([row], name) == [pytest.approx(value["pass@1"]["value"])]


def test_every_row_is_of_the_same_two_recipes_with_its_own_seed(example):
    rows = read()
    assert len({row["seed"] for row in rows}) == len(rows) > 1
    for row in rows:
        hashes = [arm(name, row["seed"], EXAMPLE / "task.py").hash() for name in capstone.STEPS]
        assert hashes == [row["recipe_hash"], row["control_hash"]]
        assert {len(row[name]) for name in ("base", "final", "control")} == {300}
    zero = rows[0]
    assert zero["recipe_hash"] == example["run"].config.hash()
    assert zero["control_hash"] == example["control"].config.hash()


def test_the_gain_over_seeds_has_student_s_interval():
    rows = [{"base": "1000", "final": "1100"}, {"base": "0000", "final": "1110"}]  # + 1/4, + 3/4
    found = over(rows, "base")
    half = 12.7062047 * 0.25 * math.sqrt(2) / math.sqrt(2)  # t(0.975, 1) * sd / sqrt(2)
    assert (found.value, found.high) == (0.5, pytest.approx(0.5 + half))


def test_kinds_of_problems_are_counted_apart():
    rows = [{"final": "1101"}]
    assert accuracies(rows, "final", [True, True, False, False]) == [1.0]
    assert accuracies(rows, "final", [False, False, True, True]) == [0.5]


def test_only_what_is_missing_is_run(example, tmp_path, monkeypatch, capsys):
    asked, rows = [], tmp_path / "rows.jsonl"
    monkeypatch.setattr(job, "run", lambda config, out: asked.append((out.name, config.seed)))
    monkeypatch.setattr(capstone, "read_run", lambda out: example[out.name.partition("-")[0]])
    for _ in range(2):
        capstone.main(seeds=1, task=EXAMPLE / "task.py", out=tmp_path, rows=rows)
    assert asked == [("run-0", 0), ("control-0", 0)]
    assert len(read(rows)) == 1 and "final    0.600" in capsys.readouterr().out
