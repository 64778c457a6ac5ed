"""The card of an exported checkpoint: its numbers are the run's, and a hub can read it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from minir1.run import checkpoint
from minir1.run.home import find_run, read_config
from minir1.stages.card.facts import facts
from minir1.stages.card.page import card
from minir1.stages.card.write import write_card
from minir1.stages.examples import digest


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = find_run("laptop")
    found = checkpoint.latest(run / "checkpoints", "zero", repair=False)
    assert found is not None
    out = tmp_path_factory.mktemp("exported")
    (out / "model.safetensors").write_bytes(b"weights")
    write_card(run, out, read_config(run), found)
    return out


def test_its_numbers_are_the_run_s(folder: Path):
    text = (folder / "README.md").read_text()
    final = json.loads((find_run("laptop") / "eval" / "final.json").read_text())["pass@1"]
    row = "| final | pass@1 | {value:.4g} | {low:.4g} to {high:.4g} | 500 | 1 |".format(**final)
    assert row in text
    assert "| pretrain: documents | 144,000 | text/corpus.py | 0/0 .. 0/4499 | 0 | 0 |" in text
    assert "core-hours" in text and "## Limits" in text and "Apache-2.0" in text
    assert "| base |" not in text  # that is another checkpoint's evaluation


def test_the_manifest_names_every_file(folder: Path):
    run = find_run("laptop")
    told = json.loads((folder / "run.json").read_text())
    assert told["files"] == {"model.safetensors": digest(folder / "model.safetensors")}
    weights = run / "checkpoints" / "zero-000080" / "model.safetensors"
    assert told["checkpoint"] == {"model.safetensors": digest(weights)}
    assert told["recipe_hash"] == read_config(run).hash() and told["config"]["name"] == "laptop"
    assert set(told["versions"]) == {"minir1", "torch", "numpy", "safetensors"}


def test_a_hub_can_read_it(folder: Path):
    hub = pytest.importorskip("huggingface_hub")
    data = hub.ModelCard.load(folder / "README.md").data
    assert data.license == "apache-2.0" and data.library_name == "transformers"
    final = json.loads((find_run("laptop") / "eval" / "final.json").read_text())
    values = {
        one.metric_type: one.metric_value
        for one in data.eval_results
        if "(final)" in one.metric_name
    }
    assert values["pass@1"] == final["pass@1"]["value"]


def test_what_is_not_known_is_said(tmp_path: Path):
    run = find_run("laptop")
    found = checkpoint.latest(run / "checkpoints", "zero", repair=False)
    assert found is not None
    config = read_config(run)
    known = facts(tmp_path, replace(config, base="Qwen/Qwen3-0.6B-Base"), found)
    text = card(known)
    assert "was not evaluated" in text and "nothing can be said of its data" in text
    assert "has left no ledger" in text and 'license: "other"' in text
    assert 'base_model: "Qwen/Qwen3-0.6B-Base"' in text
