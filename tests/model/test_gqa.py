"""Grouped-query attention against a loop over heads and queries."""

import pytest
import torch

from minir1.config import ModelConfig
from minir1.model.rope import rope_frequencies, rotate_halves, rotation
from minir1.model.transformer import Transformer

ANGLES = rotation(torch.arange(6)[None], rope_frequencies(8, 10.0))


@pytest.mark.parametrize("n_kv_heads", [1, 2, 4])
@pytest.mark.parametrize("family", ["llama", "qwen2", "qwen3"])
@torch.no_grad()
def test_equals_a_loop_over_heads(n_kv_heads: int, family: str) -> None:
    qk_norm = family == "qwen3"
    config = ModelConfig(
        dim=12, n_layers=1, attention="gqa", n_heads=4, n_kv_heads=n_kv_heads, head_dim=8,
        qk_norm=qk_norm, qkv_bias=family == "qwen2",
    )  # fmt: skip
    layer = Transformer(config).layers[0].self_attn.double()
    for parameter in layer.parameters():
        parameter.normal_()
    x = torch.randn(6, 12, dtype=torch.float64)

    def head(linear: torch.nn.Linear, index: int, norm: torch.nn.Module | None) -> torch.Tensor:
        rows = slice(8 * index, 8 * index + 8)
        y = x @ linear.weight[rows].T
        if family == "qwen2":
            y = y + linear.bias[rows]
        if norm is not None:
            y = y / (y.square().mean(-1, keepdim=True) + norm.eps).sqrt() * norm.weight
        return y

    def turned(y: torch.Tensor) -> torch.Tensor:
        return rotate_halves(y[None, :, None], ANGLES)[0, :, 0]

    heads = []
    for h in range(4):
        shared = h * n_kv_heads // 4  # neighbours share one head of keys and values
        q = turned(head(layer.q_proj, h, layer.q_norm if qk_norm else None))
        k = turned(head(layer.k_proj, shared, layer.k_norm if qk_norm else None))
        v = head(layer.v_proj, shared, None)
        heads.append(
            torch.stack([(q[t] @ k[: t + 1].T / 8**0.5).softmax(-1) @ v[: t + 1] for t in range(6)])
        )
    expected = torch.cat(heads, dim=1) @ layer.o_proj.weight.T
    torch.testing.assert_close(layer(x[None], ANGLES)[0], expected, rtol=1e-10, atol=1e-10)


def test_biases_start_at_zero() -> None:
    config = ModelConfig(attention="gqa", qkv_bias=True)
    named = dict(Transformer(config).named_parameters())
    biases = [name for name in named if name.endswith(".bias")]
    assert len(biases) == 3 * config.n_layers
    assert not any(named[name].any() for name in biases)
