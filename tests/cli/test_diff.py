"""The page of `minir1 diff`: what changes, what it comes to, and what each field means."""

import json
from dataclasses import fields, is_dataclass

import pytest

from minir1 import recipes
from minir1.cli.diff import in_short, meanings, summary
from minir1.cli.main import main
from minir1.config import Config
from minir1.model.count import parameters
from minir1.run.home import differences

LAPTOP, H800 = recipes.get("laptop"), recipes.get("h800_8")


@pytest.fixture
def page(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "110")
    assert main(["diff", "laptop", "h800_8"]) == 0
    return capsys.readouterr().out


def test_every_changed_field_is_there_in_whole_and_no_other(page):
    changed = differences(LAPTOP, H800)
    assert all(name in page for name in changed)
    assert "zero.group_size" not in page and "zero.clip_low" not in page
    assert "--zero.optim" not in page  # the example is a field that changed


def test_it_opens_with_what_the_changes_come_to(page):
    top = page.partition("The run")[0]
    for words in ("376K", "16B", "256", "1,024", "8 x h800", "moonshotai/Moonlight-16B-A3B"):
        assert words in top, words
    assert in_short(H800)["parameters"] == f"{parameters(H800.model) / 1e9:.3g}B"
    assert summary(LAPTOP, LAPTOP) == []


def test_a_stage_that_one_side_leaves_out_is_one_line(page):
    rows, _, notes = page.partition("One of the two has no such stage")
    assert "pretrain.steps" in rows and "pretrain.save_every" not in rows
    assert "pretrain.save_every" in notes


def test_every_field_that_differs_is_explained(page):
    about = meanings(LAPTOP)
    assert about["model.dim"] in page and about["zero.steps"] in page
    changed = differences(LAPTOP, H800)
    assert [name for name in changed if not about.get(name)] == []


def names(config, prefix=""):
    for field in fields(config):
        value = getattr(config, field.name)
        yield prefix + field.name
        if is_dataclass(value):
            yield from names(value, f"{prefix}{field.name}.")


def test_meanings_are_of_real_fields():
    assert set(meanings(Config())) <= set(names(Config()))


def test_json_holds_all_fields_as_values(capsys):
    assert main(["diff", "laptop", "h800_8", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["zero.steps"] == {"a": 80, "b": 300}
    assert set(found) == set(differences(LAPTOP, H800))
