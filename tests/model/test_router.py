"""The router's laws: who is chosen, with what weight, and what the bias may touch."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from minir1.config import ModelConfig
from minir1.model.balance import expert_load
from minir1.model.router import Router, Routing
from minir1.model.transformer import Transformer

CONFIG = ModelConfig(dim=6, n_routed_experts=8, n_activated_experts=3, route_scale=2.5)
GROUPED = replace(CONFIG, n_expert_groups=4, n_limited_groups=2)


def router(config: ModelConfig = CONFIG, seed: int = 0) -> Router:
    gate = Router(config)
    gate.weight.data.normal_(generator=torch.Generator().manual_seed(seed))
    return gate


def test_a_hand_worked_choice() -> None:
    gate = router(replace(CONFIG, n_routed_experts=4, n_activated_experts=2))
    scores = torch.tensor([[0.9, 0.5, 0.3, 0.1]])
    gate.e_score_correction_bias.copy_(torch.tensor([-1.0, 0.0, 0.0, 0.3]))
    experts = gate.choose(scores).sort().values  # s + b = -0.1, 0.5, 0.3, 0.4
    assert experts.tolist() == [[1, 3]]
    weights = gate.weights(scores, experts)
    torch.testing.assert_close(weights, 2.5 * torch.tensor([[0.5, 0.1]]) / 0.6)


@given(seed=st.integers(0, 100), score=st.sampled_from(["sigmoid", "softmax"]))
@settings(max_examples=20)
def test_the_bias_moves_the_choice_and_never_the_weights(seed: int, score: str) -> None:
    gate = router(replace(CONFIG, score_func=score), seed)
    x = torch.randn(20, 6)
    weights, experts, scores = gate(x)
    torch.testing.assert_close(weights.sum(-1), torch.full((20,), 2.5))
    gate.e_score_correction_bias[seed % 8] = 100.0
    moved_weights, moved, same_scores = gate(x)
    assert (moved == seed % 8).any(-1).all()
    assert torch.equal(scores, same_scores)
    assert not torch.equal(experts, moved)
    chosen = scores.gather(-1, moved)
    torch.testing.assert_close(moved_weights, 2.5 * chosen / chosen.sum(-1, keepdim=True))


def test_without_norm_the_weights_are_the_scores() -> None:
    gate = router(replace(CONFIG, norm_topk_prob=False, route_scale=1.0))
    weights, experts, scores = gate(torch.randn(5, 6))
    assert torch.equal(weights, scores.gather(-1, experts))


@given(seed=st.integers(0, 100))
@settings(max_examples=20)
def test_the_group_limit_holds_with_negative_scores_too(seed: int) -> None:
    """Closed groups are masked with -inf. With 0 in its place they would win over c < 0."""
    gate = router(GROUPED)
    torch.manual_seed(seed)
    gate.e_score_correction_bias.copy_(torch.randn(8) - 10)
    scores = torch.rand(30, 8)
    biased = scores + gate.e_score_correction_bias
    for row, experts in zip(biased.tolist(), gate.choose(scores).tolist(), strict=True):
        pairs = {g: row[2 * g] + row[2 * g + 1] for g in range(4)}
        open_groups = sorted(pairs, key=pairs.get)[-2:]
        allowed = [e for e in range(8) if e // 2 in open_groups]
        assert sorted(experts) == sorted(sorted(allowed, key=row.__getitem__)[-3:])


def test_a_group_s_score_is_the_sum_of_its_best_two() -> None:
    """Group 0 has the best expert, group 1 the best pair; the third expert doesn't count."""
    config = replace(CONFIG, n_routed_experts=6, n_expert_groups=2, n_activated_experts=2)
    scores = torch.tensor([[0.9, 0.1, 0.1, 0.6, 0.6, 0.0]])
    assert router(config).choose(scores).sort().values.tolist() == [[3, 4]]


def test_relabelled_experts_give_relabelled_choices() -> None:
    gate, order = router(), torch.randperm(8)
    gate.e_score_correction_bias.normal_()
    renamed = router()
    renamed.weight.data = gate.weight.data[order]
    renamed.e_score_correction_bias.copy_(gate.e_score_correction_bias[order])
    x = torch.randn(20, 6)
    _, experts, _ = gate(x)
    _, relabelled, _ = renamed(x)
    assert torch.equal(order[relabelled].sort().values, experts.sort().values)


def test_the_bias_stays_float32_and_has_no_gradient() -> None:
    model = Transformer(ModelConfig(dim=16, n_layers=2))
    bias = model.routers()[0].e_score_correction_bias
    bias.fill_(0.3001)  # In bfloat16 this is 0.30078125.
    model.bfloat16()
    after = model.routers()[0].e_score_correction_bias
    assert after.dtype == torch.float32
    assert torch.equal(after, bias)
    assert model.routers()[0].weight.dtype == torch.bfloat16
    assert not after.requires_grad
    assert "layers.1.mlp.gate.e_score_correction_bias" in model.state_dict()


def test_scores_of_a_bfloat16_router_are_float32_products() -> None:
    gate = router().bfloat16()
    x = torch.randn(4, 6).bfloat16()
    expected = (x.float() @ gate.weight.float().T).sigmoid()
    torch.testing.assert_close(gate.scores(x), expected)


def test_forced_experts_and_free_places() -> None:
    gate, x = router(), torch.randn(4, 6)
    _, free, scores = gate(x)
    forced = torch.full_like(free, -1)
    forced[0] = torch.tensor([7, 0, 2])
    weights, experts, _ = gate(x, forced)
    assert experts[0].tolist() == [7, 0, 2]
    assert torch.equal(experts[1:], free[1:])
    chosen = scores[0, [7, 0, 2]]
    torch.testing.assert_close(weights[0], 2.5 * chosen / chosen.sum())


def test_the_record_of_a_forward() -> None:
    config = ModelConfig(dim=16, n_layers=3)
    model, ids = Transformer(config), torch.randint(0, 128, (2, 5))
    mask = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], dtype=torch.bool)
    routing = Routing(token_mask=mask)
    model(ids, routing=routing)
    assert routing.load.sum(-1).tolist() == [8 * 2, 8 * 2]
    assert torch.equal(routing.load[1], expert_load(routing.experts[1], 8, mask))
    routing.balance_loss.backward()
    assert all(gate.weight.grad.abs().sum() > 0 for gate in model.routers())


def test_a_dense_model_leaves_an_empty_record() -> None:
    model, routing = Transformer(ModelConfig(dim=16, n_layers=1)), Routing()
    model(torch.zeros(1, 2, dtype=torch.long), routing=routing)
    assert not routing.chosen
    with pytest.raises(ValueError, match="no MoE layer"):
        _ = routing.experts
