"""A stage of RL whose rollouts come from a server, which dies on the way."""

import runpy
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from minir1.run import checkpoint
from minir1.run.metrics import read_metrics
from minir1.run.served import ServerError, weights
from minir1.stages.pretrain import pretrain
from minir1.stages.zero import zero

STANDIN = Path(__file__).parents[1] / "run" / "served" / "standin.py"


def rewards_and_lengths(out):
    names = ("step", "reward", "num_tokens", "completions/max_length")
    return [[row[n] for n in names] for row in read_metrics(out) if row["stage"] == "zero"]


def test_a_run_goes_on_with_another_server_where_one_died(tiny, tmp_path, monkeypatch):
    face = SimpleNamespace(save_pretrained=lambda folder: None)
    monkeypatch.setattr(weights, "hub_face", lambda tokenizer: face)
    serving = runpy.run_path(str(STANDIN))["serving"]
    config = replace(tiny, threads=1, zero=replace(tiny.zero, steps=3, save_every=1))
    alone, served = tmp_path / "alone", tmp_path / "served"
    pretrain(config, alone)
    shutil.copytree(alone, served)
    own = zero(config, alone).state_dict()

    def through(server):
        return replace(config, rollout=replace(config.rollout, server=server.url, tries=1))

    with serving() as server:
        server.faults["/v1/completions"] = [None] * 6 + [400]  # the first of the second step
        with pytest.raises(ServerError, match="answers 400"):
            zero(through(server), served)
    last = checkpoint.latest(served / "checkpoints", "zero")
    assert last is not None and last.step == 1 and len(rewards_and_lengths(served)) == 1
    with serving() as server:
        found = zero(through(server), served).state_dict()
    assert rewards_and_lengths(served) == rewards_and_lengths(alone)
    for name, tensor in own.items():
        torch.testing.assert_close(found[name], tensor, atol=1e-5, rtol=1e-4)
    rows = [row for row in read_metrics(served) if row["stage"] == "zero"]
    for row in rows:
        assert row["sampling/importance_sampling_ratio/mean"] == pytest.approx(1.0, abs=1e-4)
        assert row["sampling/sampling_logp_difference/max"] < 1e-4
