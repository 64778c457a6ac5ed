"""The optimizer's groups, and the learning rate against its formula."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minir1.config import ModelConfig, OptimConfig
from minir1.model.transformer import Transformer
from minir1.run.optim import build_optimizer, learning_rate, set_learning_rate


def test_matrices_decay_and_vectors_do_not():
    model = Transformer(ModelConfig(dim=16, n_layers=2))
    optimizer = build_optimizer(model, OptimConfig(weight_decay=0.1, beta1=0.8, beta2=0.99))
    assert isinstance(optimizer, torch.optim.AdamW)
    decay = {id(p): g["weight_decay"] for g in optimizer.param_groups for p in g["params"]}
    assert len(decay) == sum(1 for _ in model.parameters())
    for name, parameter in model.named_parameters():
        assert decay[id(parameter)] == (0.0 if "norm" in name else 0.1), name
    assert {group["betas"] for group in optimizer.param_groups} == {(0.8, 0.99)}
    # The router's correction bias is moved by its own rule and never by the optimizer.
    assert not any(id(router.e_score_correction_bias) in decay for router in model.routers())


def test_decay_pulls_a_matrix_to_zero_and_leaves_a_gain():
    model = Transformer(ModelConfig(dim=16, n_layers=1))
    optimizer = build_optimizer(model, OptimConfig(lr=0.1, weight_decay=0.5))
    before = [parameter.detach().clone() for parameter in model.parameters()]
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    for old, parameter in zip(before, model.parameters(), strict=True):
        shrink = 1 - 0.1 * 0.5 if parameter.ndim > 1 else 1.0
        torch.testing.assert_close(parameter.detach(), old * shrink)


@given(st.floats(1e-5, 1.0), st.floats(0, 1), st.integers(0, 50), st.integers(1, 300))
def test_the_schedule(lr, final, warmup, total):
    config = OptimConfig(lr=lr, final_lr_share=final, warmup_steps=warmup)
    rates = [learning_rate(config, step, total) for step in range(total + 1)]
    assert all(0 <= rate <= lr * (1 + 1e-12) for rate in rates)
    rising, falling = rates[:warmup], rates[warmup:]
    assert rising == pytest.approx([lr * (i + 1) / warmup for i in range(len(rising))])
    assert falling == sorted(falling, reverse=True)
    if total > warmup:
        assert rates[warmup] == pytest.approx(lr)
        assert rates[total] == pytest.approx(lr * final)
        half = warmup + (total - warmup) / 2
        if half.is_integer():
            assert rates[int(half)] == pytest.approx(lr * (1 + final) / 2)
    assert learning_rate(config, total + 51, total) == pytest.approx(lr * final)  # past its end


def test_a_constant_rate_is_a_final_share_of_one():
    config = OptimConfig(lr=2e-4, final_lr_share=1.0, warmup_steps=0)
    assert {learning_rate(config, step, 40) for step in range(41)} == {2e-4}


def test_the_rate_is_set_for_every_group():
    model = Transformer(ModelConfig(dim=16, n_layers=1))
    optimizer = build_optimizer(model, OptimConfig(lr=1.0))
    set_learning_rate(optimizer, 0.25)
    assert [group["lr"] for group in optimizer.param_groups] == [0.25, 0.25]
    assert math.isclose(optimizer.param_groups[0]["lr"], 0.25)
