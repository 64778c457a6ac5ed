"""A model trained on the kernels takes the same steps as one trained on torch."""

import logging
from dataclasses import replace

import pytest
import torch

from minir1 import recipes
from minir1.config import Config, ModelConfig
from minir1.model.router import Routing
from minir1.model.transformer import Transformer
from minir1.run.metrics import read_metrics
from minir1.stages.pretrain import pretrain

TINY = ModelConfig(
    dim=16, n_layers=2, inter_dim=24, moe_inter_dim=8, n_heads=2, kv_lora_rank=8,
    qk_nope_head_dim=6, qk_rope_head_dim=4, v_head_dim=8, n_routed_experts=6,
    n_expert_groups=3, n_limited_groups=2, n_activated_experts=2, route_scale=1.5,
)  # fmt: skip


def diary(config: Config, backend: str, folder, caplog) -> list[dict]:
    """What two steps of pre-training wrote down."""
    model = replace(config.model, backend=backend)
    steps = replace(config.pretrain, steps=2)
    caplog.clear()
    pretrain(replace(config, model=model, pretrain=steps, device="cpu"), folder / backend)
    assert f"experts run on {backend}" in caplog.text
    return read_metrics(folder / backend)


def same_steps(config: Config, folder, caplog) -> None:
    caplog.set_level(logging.INFO)
    plain, ours = (diary(config, backend, folder, caplog) for backend in ("torch", "triton"))
    assert len(plain) == len(ours) == 2
    for a, b in zip(plain, ours, strict=True):
        # float32 has 1e-7; the second step starts from weights that differ by as much.
        assert b["loss"] == pytest.approx(a["loss"], rel=2e-6)
        assert b["grad_norm"] == pytest.approx(a["grad_norm"], rel=1e-4)
        loads = [key for key in a if key.startswith("router/load")]
        assert loads and all(a[key] == b[key] for key in loads)


def test_two_steps_of_a_tiny_model(tmp_path, caplog):
    """With two threads, each of which trains on micro-batches of its own."""
    base = recipes.get("smoke")
    few = replace(base.pretrain, sequences_per_step=2)
    same_steps(replace(base, model=TINY, pretrain=few, threads=2), tmp_path, caplog)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_two_steps_of_the_smoke_recipe(tmp_path, caplog):
    same_steps(recipes.get("smoke"), tmp_path, caplog)


def model_on(backend: str) -> Transformer:
    return Transformer(replace(TINY, backend=backend))


def test_a_whole_model_s_record_and_gradients():
    ids = torch.randint(128, (2, 7), generator=torch.Generator().manual_seed(0))
    found = {}
    for backend in ("torch", "triton"):
        model, routing = model_on(backend), Routing()
        loss = model(ids, routing=routing).square().mean() + routing.balance_loss
        loss.backward()
        found[backend] = loss.detach(), routing, [p.grad for p in model.parameters()]
    (loss, routing, grads), (our_loss, our_routing, our_grads) = found.values()
    torch.testing.assert_close(our_loss, loss)
    assert torch.equal(our_routing.load, routing.load)
    assert torch.equal(our_routing.experts.sort(-1).values, routing.experts.sort(-1).values)
    for mine, grad in zip(our_grads, grads, strict=True):
        torch.testing.assert_close(mine, grad, atol=1e-6, rtol=1e-3)


def test_routing_replay_forces_the_kernel_too():
    """The trainer replays the sampler's experts; -1 leaves a token its free choice."""
    ids = torch.randint(128, (1, 6), generator=torch.Generator().manual_seed(1))
    model = model_on("triton")
    free = Routing()
    model(ids, routing=free)
    forced = (free.experts + 1) % 6
    forced[..., 3:, :] = -1
    replayed = Routing(forced_experts=forced)
    logits = model(ids, routing=replayed)
    expected = torch.where(forced >= 0, forced, replayed.experts)
    assert torch.equal(replayed.experts, expected)
    plain = model_on("torch")
    torch.testing.assert_close(logits, plain(ids, routing=Routing(forced_experts=forced)))
