"""The best checkpoint outlives the ones after it, and costs no disk while they are there."""

import errno
import json
import os
from dataclasses import replace

import pytest
import torch

from minir1.config import Config, ModelConfig
from minir1.run.best import best_score, keep_best
from minir1.run.checkpoint import load, save
from minir1.run.marker import MARKER, mark_stopped, unmark
from minir1.run.metrics import read_metrics
from minir1.stages.pretrain import pretrain


def save_step(root, step):
    return save(root, "zero", step, model={"w": torch.full((4,), float(step))}, keep=1)


def test_the_highest_score_stays(tmp_path):
    assert best_score(tmp_path / "best", "zero") == float("-inf")
    for step, score in enumerate([0.1, 0.5, 0.5, 0.3, -1.0], 1):
        saved = save_step(tmp_path, step)
        keep_best(saved, "zero", score)
        same = (saved / "model.safetensors", tmp_path / "best" / saved.name / "model.safetensors")
        assert not same[1].exists() or os.path.samefile(*same)
    names = sorted(path.name for path in (tmp_path / "best").iterdir())
    assert names == ["zero-000002", "zero.json"]  # the first of two equals
    assert load(tmp_path / "best" / "zero-000002").model["w"].tolist() == [2.0] * 4
    assert sorted(p.name for p in tmp_path.glob("zero-*")) == ["zero-000005"]
    assert best_score(tmp_path / "best", "zero") == 0.5


def test_a_step_that_is_done_again_heals_the_best_one(tmp_path):
    """A flipped byte of the last checkpoint is one of the best, too: they are one file."""
    saved = save_step(tmp_path, 3)
    keep_best(saved, "zero", 0.5)
    weights = saved / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\xff")
    with pytest.raises(ValueError, match="SHA-256"):
        load(tmp_path / "best" / saved.name)
    keep_best(save_step(tmp_path, 3), "zero", 0.5)  # the run went back, and came here again
    assert load(tmp_path / "best" / saved.name).model["w"].tolist() == [3.0] * 4


@pytest.mark.parametrize("reason", ["EPERM", "ENOSYS", "EOPNOTSUPP"])
def test_a_disk_without_links_gets_a_copy(tmp_path, monkeypatch, reason):
    """A bucket that is mounted as a folder has none: a run must not end at its first save."""

    def no_link(source, target):
        raise OSError(getattr(errno, reason), "no links here")

    monkeypatch.setattr("os.link", no_link)
    saved = save_step(tmp_path, 1)
    keep_best(saved, "zero", 0.0)
    best = tmp_path / "best" / saved.name
    assert not os.path.samefile(saved / "model.safetensors", best / "model.safetensors")
    assert load(best).model["w"].tolist() == [1.0] * 4


def test_another_error_of_the_disk_is_not_hidden(tmp_path, monkeypatch):
    def full(source, target):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("os.link", full)
    with pytest.raises(OSError, match="full"):
        keep_best(save_step(tmp_path, 1), "zero", 0.0)


def test_a_copy_that_was_killed_is_made_again(tmp_path):
    saved = save_step(tmp_path, 1)
    (tmp_path / "best" / ".new-zero-000001").mkdir(parents=True)
    (tmp_path / "best" / "zero-000001").mkdir()  # whole, but its record was never written
    keep_best(saved, "zero", 0.0)
    assert sorted(p.name for p in (tmp_path / "best").iterdir()) == ["zero-000001", "zero.json"]
    assert load(tmp_path / "best" / "zero-000001").step == 1


def test_the_marker_comes_and_goes(tmp_path):
    unmark(tmp_path)
    mark_stopped(tmp_path, "zero", 12, 80)
    assert json.loads((tmp_path / MARKER).read_text()) == {"stage": "zero", "step": 12, "of": 80}
    assert [path.name for path in tmp_path.iterdir()] == [MARKER]
    unmark(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("keep", [False, True])
def test_a_run_keeps_the_best_of_each_stage_if_asked(keep, tmp_path):
    config = Config(
        name="t",
        device="cpu",
        threads=1,
        keep_best=keep,
        keep_checkpoints=1,
        model=ModelConfig(dim=16, n_layers=1, n_dense_layers=1, inter_dim=16, n_heads=2),
    )
    pretraining = replace(config.pretrain, steps=4, sequences_per_step=4, save_every=1)
    pretrain(replace(config, pretrain=pretraining), tmp_path)
    assert (tmp_path / "checkpoints" / "best").exists() == keep
    if keep:
        (best,) = (tmp_path / "checkpoints" / "best").glob("pretrain-*")
        losses = [row["loss"] for row in read_metrics(tmp_path)]
        assert load(best).step == losses.index(min(losses)) + 1
        record = json.loads((tmp_path / "checkpoints" / "best" / "pretrain.json").read_text())
        assert record == {"folder": best.name, "score": -min(losses)}
