"""R1's pattern in the toy's stage table: what a statement says, and what refutes it."""

import json
from dataclasses import replace

import pytest

from minir1 import recipes
from minir1.bench import pipeline
from minir1.bench.claims import elsewhere
from minir1.bench.pipeline import MEASURED, current, measured, over_seeds, stage_table, tables
from minir1.bench.r1_pattern import STATEMENTS, Statement, verdict
from minir1.run.evaluated import write_evaluation
from minir1.run.home import open_run
from minir1.run.ledger import Ledger
from minir1.stages.stage_table import COLUMNS, summary

PROBLEMS = 60


def values(level: float) -> list[list[float]]:
    """60 problems: a share of them is 1, the others 0."""
    return [[float(i < level * PROBLEMS)] for i in range(PROBLEMS)]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A pipeline of which only the evaluations are there. Each stage is 10 points better."""
    config = replace(recipes.get("pipeline_smoke"), seed=3)
    out = open_run(config, tmp_path_factory.mktemp("runs") / "pipe")
    with Ledger(out, "pretrain", config):
        pass
    for number, stage in enumerate(MEASURED):
        found = {name: values(number / 10) for name in COLUMNS}
        head = {"step": 1, "rows": [], "pass@1": {"value": 0.0, "low": 0.0, "high": 0.1}}
        row = head | {"values": found, "scenarios": summary(found)}
        write_evaluation(out, stage, row)
    return out


def test_every_statement_is_about_a_stage_and_a_number_that_the_table_has():
    for one in STATEMENTS:
        assert one.column in COLUMNS and {one.before, one.after} <= set(MEASURED)
        assert one.sign in (-1, 1)
    assert len({one.key for one in STATEMENTS}) == len(STATEMENTS)


@pytest.mark.parametrize(
    ("sign", "beyond", "low", "high", "expected"),
    [
        (1, 0.0, 0.1, 0.2, "holds"),
        (1, 0.0, -0.2, -0.1, "doesn't hold"),
        (1, 0.0, -0.1, 0.1, "can't tell"),
        (-1, 0.0, -0.2, -0.1, "holds"),
        (-1, 0.1, -0.05, 0.05, "holds"),
        (-1, 0.1, 0.2, 0.3, "doesn't hold"),
        (1, -0.05, -0.04, 0.04, "holds"),
        (1, -0.05, -0.2, 0.04, "can't tell"),
    ],
)
def test_a_statement_needs_the_whole_interval_on_its_side(sign, beyond, low, high, expected):
    one = Statement("it", "accuracy", "zero", "r1", sign, "", beyond)
    assert verdict(one, {"low": low, "high": high}) == expected


def test_a_row_is_read_from_the_evaluations(finished):
    row = measured(finished)
    assert (row["recipe"], row["seed"]) == ("pipeline_smoke", 3)
    assert [line["stage"] for line in row["table"]] == list(MEASURED)
    gaps = {one.key: MEASURED.index(one.after) - MEASURED.index(one.before) for one in STATEMENTS}
    for one in STATEMENTS:
        found = row["differences"][one.key]
        assert found["value"] == pytest.approx(gaps[one.key] / 10)
        assert verdict(one, found) == ("holds" if one.sign > 0 else "doesn't hold")
    assert "doesn't hold" in tables([row]) and "| r1 | 0.5 |" in stage_table([row])


def test_several_seeds_are_compared_by_their_means(finished):
    row = measured(finished)
    key = STATEMENTS[0].key
    other = json.loads(json.dumps(row)) | {"seed": 4}
    other["differences"][key]["value"] = 0.3
    mean = over_seeds([row, other], key)
    assert mean["value"] == pytest.approx(0.2)
    assert mean["low"] < 0 < mean["high"]  # two seeds that differ so much say nothing


def test_rows_of_a_recipe_that_has_changed_are_left_out(finished):
    row = measured(finished)
    assert current([row | {"recipe_hash": "0" * 12}, row]) == [row]


def test_a_run_that_was_saved_twice_is_one_seed(finished, tmp_path, monkeypatch):
    """Counted twice, one run would be two seeds that agree, and the interval a point."""
    monkeypatch.setattr(pipeline, "ROWS", tmp_path / "pipeline.jsonl")
    for _ in range(2):
        assert pipeline.main(str(finished), save=True) == 0
    assert len(pipeline.read_results(pipeline.ROWS)) == 1


def test_runs_of_two_recipes_are_no_seeds_of_one(finished, monkeypatch):
    smoke = measured(finished)
    other = smoke | {"recipe": pipeline.RECIPE, "seed": 9}
    other["recipe_hash"] = recipes.get(pipeline.RECIPE).hash()
    both = current([smoke, other])
    assert [row["seed"] for row in both] == [3, 9] and current(both, pipeline.RECIPE) == [other]
    text = tables(both)
    assert "`pipeline_laptop`, seeds 9." in text and "`pipeline_smoke`, seeds 3." in text
    monkeypatch.setattr(pipeline, "read_results", lambda: both)
    assert {tuple(line["seeds"]) for line in elsewhere.stages(1)} == {(9,)}


def test_the_command_saves_a_row_and_names_what_is_missing(finished, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pipeline, "ROWS", tmp_path / "pipeline.jsonl")
    assert pipeline.main(str(finished), save=True) == 0
    assert "cold start costs reasoning" in capsys.readouterr().out
    assert [row["seed"] for row in pipeline.read_results(pipeline.ROWS)] == [3]
    (finished / "eval" / "dev2.json").rename(tmp_path / "dev2.json")
    assert pipeline.main(str(finished)) == 2
    assert "no finished stage 'dev2'" in capsys.readouterr().err
