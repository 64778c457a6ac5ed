"""The layer is the sum it says: routed experts by weight, the shared one without."""

from dataclasses import replace

import pytest
import torch

from minir1.config import ModelConfig
from minir1.model.router import Routing
from minir1.model.transformer import Transformer

CONFIG = ModelConfig(dim=8, n_layers=2, moe_inter_dim=3, n_shared_experts=2, route_scale=1.5)


@torch.no_grad()
def test_equals_the_sum_token_by_token() -> None:
    layer = Transformer(CONFIG).layers[1].mlp.double()
    x = torch.randn(2, 4, 8, dtype=torch.float64)
    routing, expected = Routing(), torch.empty_like(x)
    y = layer(x, routing)
    silu = torch.nn.functional.silu
    for b, t in torch.cartesian_prod(torch.arange(2), torch.arange(4)).tolist():
        token, scores = x[b, t], routing.scores[0][b, t]
        shared = layer.shared_experts
        total = shared.down_proj.weight @ (
            silu(shared.gate_proj.weight @ token) * (shared.up_proj.weight @ token)
        )
        chosen = routing.experts[0, b, t].tolist()
        for e in chosen:
            gate_up = layer.experts.gate_up_proj[e]
            hidden = silu(gate_up[:3] @ token) * (gate_up[3:] @ token)
            weight = 1.5 * scores[e] / scores[chosen].sum()
            total = total + weight * (layer.experts.down_proj[e] @ hidden)
        expected[b, t] = total
    torch.testing.assert_close(y, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("n_shared", [0, 1, 3])
def test_the_shared_experts_are_one_mlp(n_shared: int) -> None:
    layer = Transformer(replace(CONFIG, n_shared_experts=n_shared), device="meta").layers[1].mlp
    assert (layer.shared_experts is None) == (n_shared == 0)
    if n_shared:
        assert layer.shared_experts.gate_proj.out_features == 3 * n_shared


def test_the_first_layers_are_dense() -> None:
    model = Transformer(replace(CONFIG, n_layers=5, n_dense_layers=2), device="meta")
    assert [hasattr(block.mlp, "experts") for block in model.layers] == [False] * 2 + [True] * 3
    assert [block.mlp.index for block in model.layers[2:]] == [0, 1, 2]
