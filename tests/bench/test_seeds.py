"""The tables of the seeds: computed from the rows, and from nothing else."""

import json
from dataclasses import replace

import pytest

from minir1 import recipes
from minir1.bench import seeds
from minir1.bench.rows import current
from minir1.bench.thresholds import table, verdicts
from minir1.lab import readme


def row(recipe: str, seed: int, accuracy: float, length: float) -> dict:
    """A run whose base solves 20% in 50 tokens with 2 checks."""

    def side(pass_at_1: float, tokens: float, checks: float) -> dict:
        values = {"pass@1": pass_at_1, "length": tokens, "checks": checks, "first_try": 0.1}
        summary = {name: {"value": value} for name, value in values.items()}
        surplus = {"value": pass_at_1 - 0.5}
        return summary | {"insight": {"blind_at_same_tries": 0.5, "surplus": surplus}}

    return {
        "recipe": recipe,
        "seed": seed,
        "recipe_hash": recipes.get(recipe).hash(),
        "base": side(0.2, 50, 2),
        "final": side(accuracy, length, 7),
    }


def verdict_of(rows: list[dict], claim: str) -> str:
    (line,) = [line for line in verdicts(rows).splitlines() if claim in line]
    return line.split("|")[-2].strip()


def test_a_threshold_holds_only_if_the_whole_interval_is_beyond_it():
    clear = [row("laptop", i, 0.75 + i / 100, 110) for i in range(4)]
    assert verdict_of(clear, "60% or more") == "holds"
    torn = [row("laptop", i, 0.45 + i / 10, 110) for i in range(4)]
    assert verdict_of(torn, "60% or more") == "can't tell"
    missed = [row("laptop", i, 0.40 + i / 100, 110) for i in range(4)]
    assert verdict_of(missed, "60% or more") == "doesn't hold"
    assert verdict_of(missed[:1], "60% or more") == "not measured"


def test_the_control_holds_when_its_length_does_not_grow():
    flat = [row("laptop_lying", i, 0.2, 40 + i) for i in range(3)]
    assert verdict_of(flat, "does not grow") == "holds"
    grown = [row("laptop_lying", i, 0.2, 90 + i) for i in range(3)]
    assert verdict_of(grown, "does not grow") == "doesn't hold"


def test_the_change_is_paired_by_seed():
    rows = [row("laptop", i, 0.7, 100) for i in range(3)]
    for i, one in enumerate(rows):  # seeds differ a lot, the gain of each is the same
        one["base"]["pass@1"]["value"] = 0.1 + i / 10
        one["final"]["pass@1"]["value"] = 0.6 + i / 10
    (line,) = [line for line in table(rows).splitlines() if "pass@1" in line]
    assert "+0.5 [+0.5, +0.5]" in line


def test_rows_of_a_recipe_that_has_changed_are_left_out():
    old = row("laptop", 0, 0.7, 100) | {"recipe_hash": "0" * 12}
    assert current([old, row("laptop", 1, 0.7, 100)]) == [row("laptop", 1, 0.7, 100)]


def test_the_readme_shows_what_the_rows_say():
    text = readme.README.read_text(encoding="utf-8")
    assert readme.with_results(text) == text, "run: python -m minir1.lab.readme"


def test_a_seed_is_a_whole_run_and_one_line(tmp_path, monkeypatch):
    tiny = recipes.smoke()
    tiny = replace(
        tiny,
        name="tiny",
        pretrain=replace(tiny.pretrain, steps=2),
        zero=replace(tiny.zero, steps=2),
        eval=replace(tiny.eval, problems=4, every=0),
    )
    monkeypatch.setitem(recipes.RECIPES, "tiny", lambda: tiny)
    measured = seeds.one_run("tiny", 3, tmp_path, threads=1)
    assert json.loads(json.dumps(measured)) == measured
    assert measured["seed"] == 3 and measured["recipe_hash"] == tiny.hash()
    assert len(measured["curve"]["reward"]) == 2
    assert measured["seconds"] > 0 and measured["tokens_trained"] > measured["tokens_sampled"] > 0


def test_an_unreadable_results_file_names_its_line(tmp_path):
    path = tmp_path / "seeds.jsonl"
    path.write_text('{"recipe": "laptop"}\n{torn\n', encoding="utf-8")
    with pytest.raises(ValueError, match="line 2"):
        seeds.read_results(path)


def test_the_readmes_pictures_are_drawn_from_the_rows(tmp_path):
    written = readme.write_pictures(tmp_path)
    assert [path.name for path in written] == ["curves.svg", "race.svg"]
    text = readme.README.read_text(encoding="utf-8")
    for path in written:
        committed = readme.RESULTS / path.name
        assert f"](minir1/results/{path.name})" in text
        # Not the bytes: another matplotlib may lay out the text a little differently.
        assert committed.read_text(encoding="utf-8").count("<path") > 10
