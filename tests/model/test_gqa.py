"""Grouped-query attention against a loop over heads and queries."""

import pytest
import torch

from minir1.config import ModelConfig
from minir1.model.rope import rope_frequencies, rotate_halves, rotation
from minir1.model.transformer import Transformer

ANGLES = rotation(torch.arange(6)[None], rope_frequencies(8, 10.0))


@pytest.mark.parametrize("n_kv_heads", [1, 2, 4])
@pytest.mark.parametrize("qk_norm", [False, True])
@torch.no_grad()
def test_equals_a_loop_over_heads(n_kv_heads: int, qk_norm: bool) -> None:
    config = ModelConfig(
        dim=12, n_layers=1, attention="gqa", n_heads=4, n_kv_heads=n_kv_heads, head_dim=8,
        qk_norm=qk_norm,
    )  # fmt: skip
    layer = Transformer(config).layers[0].self_attn.double()
    for parameter in layer.parameters():
        parameter.normal_()
    x = torch.randn(6, 12, dtype=torch.float64)

    def head(weight: torch.Tensor, index: int, norm: torch.nn.Module | None) -> torch.Tensor:
        y = x @ weight[8 * index : 8 * index + 8].T
        if norm is not None:
            y = y / (y.square().mean(-1, keepdim=True) + norm.eps).sqrt() * norm.weight
        return y

    def turned(y: torch.Tensor) -> torch.Tensor:
        return rotate_halves(y[None, :, None], ANGLES)[0, :, 0]

    heads = []
    for h in range(4):
        shared = h * n_kv_heads // 4  # neighbours share one head of keys and values
        q = turned(head(layer.q_proj.weight, h, layer.q_norm if qk_norm else None))
        k = turned(head(layer.k_proj.weight, shared, layer.k_norm if qk_norm else None))
        v = head(layer.v_proj.weight, shared, None)
        heads.append(
            torch.stack([(q[t] @ k[: t + 1].T / 8**0.5).softmax(-1) @ v[: t + 1] for t in range(6)])
        )
    expected = torch.cat(heads, dim=1) @ layer.o_proj.weight.T
    torch.testing.assert_close(layer(x[None], ANGLES)[0], expected, rtol=1e-10, atol=1e-10)
