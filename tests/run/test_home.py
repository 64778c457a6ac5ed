"""A run's folder belongs to one config, and says so when asked for another."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minir1 import recipes
from minir1.config import Config
from minir1.run import home
from minir1.run.home import differences, find_run, open_run, read_config


@pytest.mark.parametrize("recipe", recipes.RECIPES)
def test_a_config_comes_back_as_it_was(recipe, tmp_path):
    config = recipes.get(recipe)
    config = replace(config, zero=replace(config.zero, length_schedule=((0, 40), (5, 60))))
    assert read_config(open_run(config, tmp_path / "run")) == config


def test_the_same_config_opens_the_same_run_again(tmp_path):
    first = open_run(Config(), tmp_path / "a" / "run")
    (first / "metrics.jsonl").write_text("{}")
    assert open_run(Config(), tmp_path / "a" / "run") == first


def test_another_config_is_refused_by_the_names_of_its_fields(tmp_path):
    config = Config()
    open_run(config, tmp_path)
    other = replace(config, seed=5, zero=replace(config.zero, group_size=8))
    with pytest.raises(ValueError, match=r"seed was 0 and is 5, zero\.group_size was 16 and is 8"):
        open_run(other, tmp_path)
    with pytest.raises(ValueError, match="--out"):
        open_run(other, tmp_path)
    assert read_config(tmp_path) == config


def test_a_run_goes_on_with_what_changes_nothing_it_computes(tmp_path):
    """A full disk is cured by fewer checkpoints, and another machine has cores and a price."""
    config = Config()
    open_run(config, tmp_path)
    other = replace(config, keep_checkpoints=1, threads=2, dollars_per_hour=2.0, max_hours=1.0)
    assert open_run(other, tmp_path) == tmp_path and other.hash() == config.hash()


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(ValueError, match="not a run"):
        open_run(Config(), tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_is_no_place_for_a_run(tmp_path):
    (tmp_path / "notes").write_text("keep")
    with pytest.raises(ValueError, match="notes is a file: a run needs a folder of its own"):
        open_run(Config(), tmp_path / "notes")
    assert (tmp_path / "notes").read_text() == "keep"


def test_a_start_that_was_killed_is_no_run_and_can_be_done_again(tmp_path):
    (tmp_path / ".config.json.4321").write_text('{"name": "lap')
    assert read_config(open_run(Config(seed=4), tmp_path)).seed == 4
    assert [entry.name for entry in tmp_path.iterdir()] == ["config.json"]


@pytest.mark.parametrize("name", ["../../etc", "/etc", ".git", "a b", "..", "-x"])
def test_a_name_that_is_no_plain_folder_is_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"name = .* names a folder"):
        open_run(Config(name=name))
    assert list(tmp_path.parent.glob("etc")) == [] == list(tmp_path.iterdir())


def test_a_run_lives_in_runs_under_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert open_run(Config(name="laptop.v2")).resolve() == tmp_path / "runs" / "laptop.v2"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "can't be read"),
        ('{"name": "lap', "can't be read"),
        ("[]", "should hold fields"),
        ('{"zero": 3}', r"zero\. should hold fields"),
        ('{"sede": 3}', "no field sede; nearest: seed"),
        ('{"zero": {"optim": {"rl": 1}}}', r"no field zero\.optim\.rl; nearest: lr"),
        ('{"seed": -1}', "seed = -1"),
        ('{"seed": "3"}', r"seed = '3' can't be used: write a whole number"),
        ('{"seed": true}', r"seed = True can't be used"),
        ('{"model": {"n_layers": 2.5}}', r"model\.n_layers = 2\.5 can't be used"),
        ('{"zero": {"steps": null}}', r"zero\.steps = None can't be used"),
        ('{"zero": {"optim": {"lr": "fast"}}}', r"lr = 'fast' can't be used: write a number"),
        ('{"zero": {"length_schedule": 5}}', "a value of a wrong type"),
    ],
)
def test_a_damaged_config_is_named(content, message, tmp_path):
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ValueError, match=message):
        read_config(tmp_path)


def test_fields_that_an_older_version_did_not_write_keep_their_default(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"seed": 9}))
    assert read_config(tmp_path) == Config(seed=9)


def test_runs_are_found_by_path_and_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(home, "RESULTS", tmp_path / "none")
    with pytest.raises(ValueError, match="minir1 run RECIPE"):
        find_run("laptop")
    folder = open_run(Config(), tmp_path / "runs" / "laptop")
    assert find_run("laptop").resolve() == find_run(folder).resolve() == folder
    with pytest.raises(ValueError, match="runs here: laptop"):
        find_run("labtop")


@given(seed=st.integers(0, 9), steps=st.integers(0, 9))
def test_differences_are_exactly_the_changed_fields(seed, steps):
    base = Config()
    other = replace(base, seed=seed, pretrain=replace(base.pretrain, steps=steps))
    expected = {"seed": (0, seed)} if seed else {}
    assert differences(base, other) == expected | {"pretrain.steps": (base.pretrain.steps, steps)}
