"""Which model a run has: a new one, the one at the end of a stage, the last one."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from minir1.config import Config, ModelConfig
from minir1.run import checkpoint
from minir1.run.home import open_run
from minir1.run.models import finished_model, last_model, new_model

CPU = torch.device("cpu")
CONFIG = Config(name="tiny", seed=3, device="cpu", model=ModelConfig(dim=16, n_layers=1))
CONFIG = replace(
    CONFIG, pretrain=replace(CONFIG.pretrain, steps=4), zero=replace(CONFIG.zero, steps=2)
)


def save(out: Path, stage: str, step: int, fill: float) -> None:
    """A checkpoint whose norm weights are `fill`, so that it can be told from the others."""
    model = new_model(CONFIG, CPU)
    torch.nn.init.constant_(model.norm.weight, fill)
    checkpoint.save(out / "checkpoints", stage, step, model=model.state_dict())


def mark(model: torch.nn.Module) -> float:
    return model.norm.weight[0].item()


def test_a_new_model_is_a_function_of_the_seed():
    first, again = new_model(CONFIG, CPU), new_model(CONFIG, CPU)
    other = new_model(replace(CONFIG, seed=4), CPU)
    same = [torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True)]
    assert all(same)
    assert not torch.equal(first.embed_tokens.weight, other.embed_tokens.weight)


def test_a_stage_that_is_not_finished_says_how_to_finish_it(tmp_path):
    out = open_run(CONFIG, tmp_path / "my run")
    said = r"pretrain .*no checkpoint.*`minir1 pretrain tiny --out '/.*/my run'`"
    with pytest.raises(ValueError, match=said):
        finished_model(CONFIG, out, "pretrain", CPU)
    save(out, "pretrain", 3, 3.0)
    with pytest.raises(ValueError, match="step 3 of 4"):
        finished_model(CONFIG, out, "pretrain", CPU)
    save(out, "pretrain", 4, 4.0)
    assert mark(finished_model(CONFIG, out, "pretrain", CPU)) == 4.0


def test_the_last_model_is_that_of_the_last_stage(tmp_path):
    out = open_run(CONFIG, tmp_path / "my run")
    said = r"no whole checkpoint: make one, with `minir1 run tiny --out '/.*/my run'`"
    with pytest.raises(ValueError, match=said):
        last_model(out)
    save(out, "pretrain", 4, 4.0)
    assert mark(last_model(out)[1]) == 4.0
    save(out, "zero", 1, 1.0)
    config, model, found = last_model(out)
    assert config == CONFIG
    assert (mark(model), found.stage, found.step) == (1.0, "zero", 1)
    assert mark(last_model(out, "pretrain-000004")[1]) == 4.0
    said = "checkpoint = 'zero-9' can't be used: there are: pretrain-000004, zero-000001"
    with pytest.raises(ValueError, match=said):
        last_model(out, "zero-9")


def test_another_model_s_weights_are_refused(tmp_path):
    wide = replace(CONFIG, model=replace(CONFIG.model, dim=32))
    out = open_run(wide, tmp_path / "run")
    save(out, "pretrain", 4, 4.0)
    with pytest.raises(ValueError, match="the model expects shape"):
        finished_model(wide, out, "pretrain", CPU)
