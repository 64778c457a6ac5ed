"""The naive and the absorbed form of latent attention are one function."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from minir1.config import ModelConfig
from minir1.model.cache import KVCache
from minir1.model.mla import MultiHeadLatentAttention
from minir1.model.rope import rope_frequencies, rotation
from minir1.model.transformer import Transformer

SIZES = st.integers(1, 5)


def attention(config: ModelConfig, seed: int = 0) -> MultiHeadLatentAttention:
    layer = Transformer(config, torch.Generator().manual_seed(seed)).layers[0].self_attn
    for name, parameter in layer.named_parameters():  # Weights of size 1, and norms that matter.
        parameter.data.normal_(generator=torch.Generator().manual_seed(len(name)))
    return layer.double()


@given(heads=SIZES, rank=SIZES, nope=SIZES, half=SIZES, v=SIZES, length=st.integers(1, 9))
@settings(max_examples=25)
def test_naive_equals_absorbed(
    heads: int, rank: int, nope: int, half: int, v: int, length: int
) -> None:
    config = ModelConfig(
        dim=12, n_layers=1, n_heads=heads, kv_lora_rank=rank, qk_nope_head_dim=nope,
        qk_rope_head_dim=2 * half, v_head_dim=v,
    )  # fmt: skip
    layer = attention(config)
    x = torch.randn(2, length, 12, dtype=torch.float64, requires_grad=True)
    angles = rotation(torch.arange(length)[None], rope_frequencies(2 * half, 100.0))
    results = []
    for form in ("naive", "absorbed"):
        layer.form = form
        y = layer(x, angles)
        (grad,) = torch.autograd.grad(y.square().sum(), x)
        results.append((y, grad))
    torch.testing.assert_close(results[0], results[1], rtol=1e-10, atol=1e-10)


@torch.no_grad()
def test_the_form_that_is_asked_for_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever compares two forms must not compare one of them with itself."""
    model, ids = Transformer(ModelConfig(dim=16, n_layers=1)), torch.zeros(1, 3, dtype=torch.long)
    layer, called = model.layers[0].self_attn, []
    for name in ("naive", "absorbed"):
        real = getattr(layer, name)
        spy = lambda *args, real=real, name=name: called.append(name) or real(*args)  # noqa: E731
        monkeypatch.setattr(layer, name, spy)
    for form in ("naive", "absorbed", "auto"):
        layer.form, cache = form, KVCache(model.config, 1, 4)
        model(ids, cache=cache)
        model(ids[:, :1], cache=cache)
    assert called == ["naive", "naive", "absorbed", "absorbed", "naive", "absorbed"]


@pytest.mark.parametrize("form", ["naive", "absorbed"])
@torch.no_grad()
def test_both_forms_decode_from_the_cache(form: str) -> None:
    config = ModelConfig(dim=16, n_layers=2)
    model = Transformer(config).double()
    ids = torch.randint(0, 128, (2, 7))
    full = model(ids)
    for block in model.layers:
        block.self_attn.form = form
    cache = KVCache(config, 2, 7, dtype=torch.float64)
    steps = [model(part, cache=cache) for part in ids.split((3, 1, 2, 1), dim=1)]
    torch.testing.assert_close(torch.cat(steps, 1), full, rtol=0, atol=1e-10)


@pytest.mark.parametrize("q_lora_rank", [0, 5])
@torch.no_grad()
def test_equals_the_equations_head_by_head(q_lora_rank: int) -> None:
    """DeepSeek-V2, Eq. 9-19, one head and one query at a time, turned as complex numbers."""
    config = ModelConfig(
        dim=12, n_layers=1, n_heads=2, q_lora_rank=q_lora_rank, kv_lora_rank=3,
        qk_nope_head_dim=3, qk_rope_head_dim=4, v_head_dim=5, rope_theta=10.0, norm_eps=1e-2,
    )  # fmt: skip
    layer, length = attention(config), 6
    x = torch.randn(length, 12, dtype=torch.float64) * 0.1  # small: eps would show
    frequencies = rope_frequencies(4, 10.0)
    angles = torch.arange(length)[:, None] * frequencies.double()

    def norm(a: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return a / (a.square().mean(-1, keepdim=True) + 1e-6).sqrt() * weight

    def turn(a: torch.Tensor) -> torch.Tensor:
        points = torch.view_as_complex(a.contiguous().view(length, 2, 2))
        return torch.view_as_real(points * torch.polar(torch.ones_like(angles), angles)).flatten(1)

    if q_lora_rank:
        q = norm(x @ layer.q_a_proj.weight.T, layer.q_a_layernorm.weight) @ layer.q_b_proj.weight.T
    else:
        q = x @ layer.q_proj.weight.T
    compressed = x @ layer.kv_a_proj_with_mqa.weight.T
    latent, k_rope = norm(compressed[:, :3], layer.kv_a_layernorm.weight), turn(compressed[:, 3:])
    heads = []
    for h in range(2):
        q_h, up = q[:, 7 * h : 7 * h + 7], layer.kv_b_proj.weight[8 * h : 8 * h + 8]
        q_h = torch.cat((q_h[:, :3], turn(q_h[:, 3:])), dim=1)
        k_h = torch.cat((latent @ up[:3].T, k_rope), dim=1)
        rows = [
            (q_h[t] @ k_h[: t + 1].T / 7**0.5).softmax(-1) @ (latent[: t + 1] @ up[3:].T)
            for t in range(length)
        ]
        heads.append(torch.stack(rows))
    expected = torch.cat(heads, dim=1) @ layer.o_proj.weight.T
    y = layer(x[None], rotation(torch.arange(length)[None], frequencies))[0]
    # cos and sin are float32 inside, here they are float64.
    torch.testing.assert_close(y, expected, rtol=1e-5, atol=1e-5)


def test_the_latent_norm_keeps_its_own_eps() -> None:
    layer = Transformer(ModelConfig(norm_eps=1e-3, q_lora_rank=4)).layers[0].self_attn
    assert layer.kv_a_layernorm.eps == layer.q_a_layernorm.eps == 1e-6


def test_all_heads_share_one_rope_key_and_the_cache_keeps_nothing_else() -> None:
    config = ModelConfig(n_layers=1, kv_lora_rank=5, qk_rope_head_dim=4)
    assert KVCache(config, 1, 1).rows.shape[-1] == 9
    assert Transformer(config).layers[0].self_attn.kv_a_proj_with_mqa.out_features == 9
