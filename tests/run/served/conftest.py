"""A stand-in for a server, and a source of rollouts that asks it."""

import runpy
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from minir1.config import (
    Config,
    EvalConfig,
    ModelConfig,
    OptimConfig,
    RolloutConfig,
    TaskConfig,
    ZeroConfig,
)
from minir1.model.transformer import Transformer
from minir1.rl.rollout import sample
from minir1.run.distributed import SOLO
from minir1.run.models import tokenizer_of
from minir1.run.served import rollouts_of, weights, wire

TINY = Config(
    task=TaskConfig(n_numbers=2, high=6),
    model=ModelConfig(
        dim=16, n_layers=3, inter_dim=24, moe_inter_dim=8, n_heads=2, kv_lora_rank=8,
        qk_nope_head_dim=6, qk_rope_head_dim=4, v_head_dim=8, n_routed_experts=4, max_seq_len=96,
    ),
    eval=EvalConfig(max_new_tokens=10),
    zero=ZeroConfig(
        questions_per_step=2, group_size=3, max_new_tokens=8,
        optim=OptimConfig(lr=1e-3, micro_batch_tokens=200),
    ),
)  # fmt: skip


class Face:
    """In place of Hugging Face's tokenizer, which takes seconds to import."""

    def save_pretrained(self, folder: Path) -> None:
        (Path(folder) / "tokenizer.json").write_text("{}")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(wire, "PAUSE_S", 0.01)
    monkeypatch.setattr(weights, "hub_face", lambda tokenizer: Face())


@pytest.fixture(scope="session")
def tiny() -> Config:
    return TINY


@pytest.fixture(scope="session")
def standin() -> SimpleNamespace:
    """What standin.py defines."""
    return SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("standin.py"))))


@pytest.fixture
def server(standin):
    with standin.serving() as server:
        yield server


@pytest.fixture(scope="session")
def ask_all() -> Callable[..., Any]:
    """`ask_all(sampler)`: three rollouts; `ask_all(policy)`: the same from our own sampler."""

    def ask(sampler, copies: int = 1):
        if isinstance(sampler, Transformer):
            sampler = partial(sample, sampler)
        prompts, keys = [[1, 5, 9], [1, 7], [1, 5, 9, 12]], [3, -(2**63), 2**63 - 1]
        how = {"max_new_tokens": 9, "eos_id": 16, "record_experts": True}
        return sampler(prompts * copies, keys * copies, **how)

    return ask


@pytest.fixture(scope="session")
def policy() -> Transformer:
    model = Transformer(TINY.model, torch.Generator().manual_seed(1))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim >= 2:
                parameter.mul_(3.0)  # sure enough of what it says for a difference to be seen
    return model


@pytest.fixture
def source(server, tmp_path):
    """`source(zero fields..., rollout fields as rollout={...})`."""

    def make(rollout: dict | None = None, **zero):
        how = RolloutConfig(server=server.url, timeout_s=20, tries=3, at_once=2)
        config = replace(
            TINY, rollout=replace(how, **(rollout or {})), zero=replace(TINY.zero, **zero)
        )
        return rollouts_of(config, config.zero, tmp_path, tokenizer_of(config), "zero", SOLO)

    return make
