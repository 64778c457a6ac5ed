"""Bundles run again and planted errors: the committed rows, and what a verdict needs."""

import random

import pytest

from minir1 import recipes
from minir1.bench.claims import reviewed
from minir1.bench.review import measure, plants, table
from minir1.bench.review.measure import NONE, RECIPE, read_results
from minir1.run.jsonl import append_row
from minir1.stages.bundle import shape
from minir1.stages.bundle.checks import check

HASH = recipes.get(RECIPE).hash()


def row(what, seed, **rest):
    own = {"what": what, "recipe": RECIPE, "recipe_hash": HASH, "seed": seed, "other": []}
    return own | {"equal": 3, "within": 0, "off": 0, "holds": True} | rest


def plant_rows(seed, missed=(), accused=False):
    names = [plant.name for plant in plants.PLANTS]
    rows = [row("planted", seed, plant=n, found=n not in missed, read=["figures"]) for n in names]
    return [*rows, row("planted", seed, plant=NONE, found=accused, read=[])]


def test_the_committed_first_bundle_is_true_to_itself():
    bundle = shape.read(shape.find("first"))
    assert {one.status for one in check(bundle)} == {"ok"}


def test_the_second_bundle_has_one_planted_error_and_only_one_check_finds_it():
    """It is `trained_on` in the first one; lesson 16 doesn't say so before it was looked for."""
    first, second = (shape.read(shape.find(name)) for name in ("first", "second"))
    plant = next(one for one in plants.PLANTS if one.name == "trained_on")
    assert plant.change(first, random.Random("trained_on first")) == second
    assert [one.name for one in check(second) if one.status == "FAIL"] == ["questions"]


def test_a_share_by_seed():
    rows = [*plant_rows(0), *plant_rows(1, missed=["kinder"]), *plant_rows(2, accused=True)]
    count = len(plants.PLANTS)
    assert table.found_out(rows) == {0: 1.0, 1: pytest.approx(1 - 1 / count), 2: 0.0}
    assert table.found_out(plant_rows(0)[:1]) == {0: pytest.approx(1 / count)}


def test_another_machine_and_an_older_recipe_are_no_repeats():
    rows = [row("again", 0), row("again", 1, other=["torch"]), row("again", 2, recipe_hash="old")]
    assert table.repeats([*rows, row("again", 3, holds=False)]) == {0: 1.0, 3: 0.0}
    assert table.repeats([*rows, row("again", 0, holds=False)]) == {0: 0.0}


@pytest.mark.parametrize(
    ("seeds", "missed", "said"),
    [(0, (), "not measured"), (5, (), "can't tell here"), (6, (), "holds"),
     (6, ("easier",), "doesn't hold")],
)  # fmt: skip
def test_the_verdict(seeds, missed, said, monkeypatch):
    rows = [one for seed in range(seeds) for one in plant_rows(seed, missed)]
    monkeypatch.setattr(reviewed, "read_results", lambda: rows)
    again, planted = reviewed.lines()
    assert planted["verdict"] == said and again["verdict"] == "not measured"


def test_the_committed_rows_are_whole():
    rows = read_results()
    assert {one["seed"] for one in rows if one["recipe"] == RECIPE} == set(range(6))
    text = table.table(rows)
    assert all(plant.says in text for plant in plants.PLANTS)
    assert {line["verdict"] for line in reviewed.lines()} <= {"holds", "doesn't hold"}


def test_what_is_measured_is_not_measured_again(tmp_path, monkeypatch):
    path = tmp_path / "rows.jsonl"
    for one in [row("again", 0), *plant_rows(0)]:
        append_row(path, one)
    monkeypatch.setattr(measure, "once", lambda *_: pytest.fail("it was measured"))
    assert list(measure.of_recipe(RECIPE, [0], tmp_path, path)) == []
