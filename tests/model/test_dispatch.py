"""Experts through sorted rows equal a loop over tokens that a child could follow."""

import functools
import logging
import sys
import types

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from minir1.config import ModelConfig
from minir1.model import dispatch
from minir1.model.dispatch import Backend, choose_backend, experts_torch
from minir1.model.transformer import Transformer


def by_token(x: Tensor, idx: Tensor, weight: Tensor, gate_up: Tensor, down: Tensor) -> Tensor:
    """The oracle: for each token, for each of its experts."""
    y = torch.zeros_like(x)
    for n in range(len(x)):
        for j, e in enumerate(idx[n].tolist()):
            gate, up = (gate_up[e] @ x[n]).chunk(2)
            y[n] += weight[n, j] * (down[e] @ (gate * gate.sigmoid() * up))
    return y


def problem(n: int, k: int, n_experts: int, seed: int = 0) -> tuple[Tensor, ...]:
    g = torch.Generator().manual_seed(seed)
    x, weight = torch.randn(n, 5, generator=g), torch.rand(n, k, generator=g)
    idx = torch.rand(n, n_experts, generator=g).topk(k).indices
    gate_up = torch.randn(n_experts, 6, 5, generator=g)
    down = torch.randn(n_experts, 5, 3, generator=g)
    return x.double(), idx, weight.double(), gate_up.double(), down.double()


@given(n=st.integers(0, 12), k=st.integers(1, 4), extra=st.integers(0, 6), seed=st.integers(0, 9))
@settings(max_examples=40)
def test_equals_the_loop_over_tokens(n: int, k: int, extra: int, seed: int) -> None:
    """n = 0 and n < E, where experts stay without work, are among the examples."""
    args = problem(n, k, k + extra, seed)
    torch.testing.assert_close(experts_torch(*args), by_token(*args), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("expert", [0, 3])
def test_all_tokens_to_one_expert(expert: int) -> None:
    x, idx, weight, gate_up, down = problem(7, 1, 4)
    idx.fill_(expert)
    for w in (gate_up, down):
        w.requires_grad_()
    y = experts_torch(x, idx, weight, gate_up, down)
    torch.testing.assert_close(y, by_token(x, idx, weight, gate_up, down))
    y.sum().backward()
    others = [e for e in range(4) if e != expert]
    assert gate_up.grad[others].abs().sum() == down.grad[others].abs().sum() == 0
    assert down.grad[expert].abs().sum() > 0


def test_gradients_against_finite_differences() -> None:
    x, idx, weight, gate_up, down = problem(4, 2, 3)
    inputs = [tensor.requires_grad_() for tensor in (x, weight, gate_up, down)]
    assert torch.autograd.gradcheck(
        lambda x, weight, gate_up, down: experts_torch(x, idx, weight, gate_up, down), inputs
    )


def test_relabelled_experts_change_nothing() -> None:
    x, idx, weight, gate_up, down = problem(9, 2, 5)
    order = torch.randperm(5)
    renamed = experts_torch(x, order.argsort()[idx], weight, gate_up[order], down[order])
    torch.testing.assert_close(renamed, experts_torch(x, idx, weight, gate_up, down))


def test_splits_replace_the_count_on_tensors_without_data() -> None:
    args = problem(6, 2, 3)
    counts = torch.bincount(args[1].flatten(), minlength=3).tolist()
    assert torch.equal(experts_torch(*args, splits=counts), experts_torch(*args))
    without_data = [tensor.to("meta") for tensor in args]
    assert experts_torch(*without_data, splits=[4, 4, 4]).shape == (6, 5)


def test_a_whole_model_runs_without_data() -> None:
    model = Transformer(ModelConfig(dim=16), device="meta")
    dry = functools.partial(experts_torch, splits=[4] * 8)
    model.use_backend(Backend("dry", "shapes only", dry))
    assert model(torch.zeros(2, 8, dtype=torch.long, device="meta")).shape == (2, 8, 128)


def test_the_whole_layer_against_finite_differences() -> None:
    config = ModelConfig(dim=4, n_layers=2, moe_inter_dim=3, n_routed_experts=4, route_scale=1.5)
    layer = Transformer(config).layers[1].mlp.double()
    x = torch.randn(1, 5, 4, dtype=torch.float64, requires_grad=True)
    weight = layer.gate.weight
    assert torch.autograd.gradcheck(lambda x, _: layer(x), (x, weight))


@pytest.mark.parametrize(("name", "reason"), [("auto", "not cuda"), ("torch", "asked for")])
def test_the_backend_says_why(name: str, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    backend = choose_backend(name, torch.device("cpu"))
    assert backend.run is experts_torch
    assert reason in backend.reason
    assert backend.reason in caplog.text


def test_triton_without_a_gpu_is_an_error_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    with pytest.raises(ValueError, match=r"triton.*not cuda.*use \"torch\""):
        choose_backend("triton", torch.device("cpu"))
    model = Transformer(ModelConfig(n_layers=2, backend="triton"))
    with pytest.raises(ValueError, match="triton"):
        model(torch.zeros(1, 1, dtype=torch.long))


def test_an_unknown_backend_is_an_error() -> None:
    with pytest.raises(ValueError, match="jax"):
        choose_backend("jax", torch.device("cpu"))


def test_kernels_run_where_they_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    moe = types.ModuleType("minir1_kernels.moe")
    moe.experts = experts_torch
    monkeypatch.setitem(sys.modules, "minir1_kernels.moe", moe)
    monkeypatch.setattr(dispatch, "_triton_is_missing", lambda device: "")
    found = choose_backend("auto", torch.device("cuda"))
    assert found.name == "triton" and found.route is not None
    plain = choose_backend("torch", torch.device("cuda"))
    assert plain.name == "torch" and plain.route is None


def test_the_interpreter_runs_only_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a CPU: "auto" stays on torch, since the interpreter is slow."""
    pytest.importorskip("triton", reason="needs the extra kernels")
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    assert choose_backend("auto", torch.device("cpu")).name == "torch"
    asked = choose_backend("triton", torch.device("cpu"))
    assert asked.name == "triton" and "interpreter" in asked.reason
    on_gpu = choose_backend("auto", torch.device("cuda"))
    assert on_gpu.name == "torch" and "keeps the kernels on the CPU" in on_gpu.reason


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    monkeypatch.setattr(dispatch.importlib.util, "find_spec", lambda name: None)
    assert "triton is not installed" in choose_backend("auto", torch.device("cuda")).reason
    with pytest.raises(ValueError, match="triton is not installed"):
        choose_backend("triton", torch.device("cuda"))


def test_the_backend_is_chosen_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    model, ids = Transformer(ModelConfig(dim=16, n_layers=3)), torch.zeros(1, 2, dtype=torch.long)
    model(ids)
    model(ids)
    assert caplog.text.count("experts run on") == 1
