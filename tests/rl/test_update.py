"""One update: the same gradient however it is cut, and nothing touched when it isn't finite."""

import copy
import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from minir1.config import ModelConfig, OptimConfig
from minir1.model.router import Routing
from minir1.model.transformer import Transformer
from minir1.rl.batch import collate, micro_batches
from minir1.rl.logprobs import token_logprobs
from minir1.rl.loss import policy_loss
from minir1.rl.rollout import sample
from minir1.rl.types import Batch, Rollout
from minir1.rl.update import NotFiniteError, cross_entropy, update
from minir1.run.optim import build_optimizer

FREE = OptimConfig(lr=0.0, weight_decay=0.0, grad_clip=1e9, bias_update_speed=0.0)


def gradients(model: Transformer, batch: Batch, optim: OptimConfig = FREE, loss_fn=cross_entropy):
    """What one update leaves in `.grad`: plain SGD with a rate of 0 moves nothing."""
    seen = update(model, torch.optim.SGD(model.parameters(), lr=0.0), batch, optim, loss_fn)
    return seen, {name: p.grad.clone() for name, p in model.named_parameters()}


def assert_equal_gradients(a: dict[str, Tensor], b: dict[str, Tensor]) -> None:
    largest = max(float(gradient.abs().max()) for gradient in a.values())
    assert largest > 1e-4
    for name, gradient in a.items():
        torch.testing.assert_close(gradient, b[name], rtol=0, atol=2e-6 * max(1.0, largest))


def on_policy(model: Transformer, rollouts: list[Rollout], shift: float = 0.0) -> list[Rollout]:
    """The rollouts with the model's own log-probabilities, moved by up to `shift`."""
    batch = collate(rollouts, [0.0] * len(rollouts))
    with torch.no_grad():
        logprobs, _ = token_logprobs(model, batch)
    noise = torch.rand(logprobs.shape, generator=torch.Generator().manual_seed(0)) * 2 - 1
    logprobs = logprobs + shift * noise
    return [
        replace(one, logprobs=logprobs[i, batch.loss_mask[i]].tolist())
        for i, one in enumerate(rollouts)
    ]


@pytest.mark.parametrize("level", ["token", "sequence"])
@pytest.mark.parametrize("norm", ["token", "sequence", "fixed"])
def test_one_batch_of_32_equals_micro_batches(make_model, random_rollouts, norm, level):
    """The accumulation bug of many trainers: unequal lengths must not change a token's weight."""
    model, reference = make_model(), make_model(seed=1)
    rollouts = on_policy(model, random_rollouts(32), shift=0.4)
    advantages = [math.sin(3 * i) for i in range(32)]
    batch = collate(rollouts, advantages, norm=norm, fixed_length=12)

    def loss_fn(logprobs: Tensor, part: Batch) -> Tensor:
        with torch.no_grad():
            ref, _ = token_logprobs(reference, part)
        options = {"ratio_level": level, "kl_coef": 0.1, "ref_logprobs": ref}
        return policy_loss(logprobs, part, **options).total

    optim = replace(FREE, balance_coef=0.05)
    whole, expected = gradients(model, batch, optim, loss_fn)
    for budget in (90, 16, 1):
        optim = replace(optim, micro_batch_tokens=budget)
        n_parts = len(micro_batches(batch.lengths, budget))
        assert n_parts >= 4
        pieces, seen = gradients(model, batch, optim, loss_fn)
        assert_equal_gradients(expected, seen)
        for field in ("loss", "entropy", "aux_loss", "grad_norm", "logp_difference_mean"):
            assert getattr(pieces, field) == pytest.approx(getattr(whole, field), rel=1e-4)
        assert pieces.logp_difference_max == pytest.approx(whole.logp_difference_max, abs=1e-5)
        assert torch.equal(pieces.load, whole.load)


def test_the_parameters_after_the_step_are_equal_too(make_model, random_rollouts):
    batch = collate(random_rollouts(32), [1.0] * 32)
    optim = OptimConfig(lr=0.01)
    models = [make_model(), make_model()]
    for model, budget in zip(models, (10_000, 100), strict=True):
        optim = replace(optim, micro_batch_tokens=budget)
        for _ in range(3):
            update(model, build_optimizer(model, optim), batch, optim)
    for a, b in zip(*(model.parameters() for model in models), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-4)


def test_a_micro_batch_is_cut_out_when_it_is_computed(make_model, random_rollouts, monkeypatch):
    """All of them at once were a second copy of the batch, in every process."""
    model, batch = make_model(), collate(random_rollouts(8), [0.0] * 8)
    seen, real_rows, real_hidden = [], Batch.rows, model.hidden

    def rows(self, index):
        seen.append("cut")
        return real_rows(self, index)

    def hidden(*args, **options):
        seen.append("computed")
        return real_hidden(*args, **options)

    monkeypatch.setattr(Batch, "rows", rows)
    monkeypatch.setattr(model, "hidden", hidden)
    gradients(model, batch, replace(FREE, micro_batch_tokens=20))
    assert len(seen) >= 6 and seen == ["cut", "computed"] * (len(seen) // 2)


def test_cross_entropy_is_torch_s(make_model, random_rollouts):
    model, batch = make_model(), collate(random_rollouts(6), [0.0] * 6)
    seen, _ = gradients(model, batch)
    with torch.no_grad():
        logits = model(batch.inputs)[batch.loss_mask]
    expected = F.cross_entropy(logits, batch.targets[batch.loss_mask])
    assert seen.loss == pytest.approx(expected.item(), abs=1e-5)


def test_what_an_update_saw(make_model, random_rollouts):
    model, batch = make_model(), collate(random_rollouts(6), [0.0] * 6)
    routing = Routing(token_mask=batch.token_mask)
    with torch.no_grad():
        logprobs, entropy = token_logprobs(model, batch, routing=routing)
    seen, _ = gradients(model, batch)
    gap = (logprobs - batch.old_logprobs)[batch.loss_mask].abs()
    assert seen.logp_difference_mean == pytest.approx(gap.mean().item(), abs=1e-5)
    assert seen.logp_difference_max == pytest.approx(gap.max().item(), abs=1e-5)
    assert seen.entropy == pytest.approx(entropy[batch.loss_mask].mean().item(), abs=1e-5)
    assert seen.aux_loss == pytest.approx(routing.balance_loss.item(), abs=1e-5)
    assert torch.equal(seen.load, routing.load)
    tokens = int(batch.token_mask.sum()) * model.config.n_activated_experts
    assert seen.load.sum(-1).tolist() == [tokens] * model.config.n_moe_layers
    share = routing.load[0] / tokens * model.config.n_routed_experts
    metrics = seen.router_metrics()
    assert metrics["router/load_max"] == pytest.approx(share.max().item())
    assert metrics["router/load_min"] == pytest.approx(share.min().item())
    assert metrics["aux_loss"] == seen.aux_loss


def test_padding_and_its_id_change_nothing(make_model, random_rollouts):
    """Whatever stands after the end token: the same loss, load and gradient."""
    model, rollouts = make_model(), random_rollouts(8)
    seen, expected = gradients(model, collate(rollouts, [0.0] * 8, pad_id=0))
    for pad_id in (2, 19):
        again, gradient = gradients(model, collate(rollouts, [0.0] * 8, pad_id=pad_id))
        assert_equal_gradients(expected, gradient)
        assert again.loss == pytest.approx(seen.loss, abs=1e-6)
        assert torch.equal(again.load, seen.load)


def test_only_the_completion_is_trained(make_model):
    """Cross-entropy of the completion given the prompt, token by token, and no more."""
    model = make_model()
    one = Rollout([1, 9, 8], [7, 2], [-1.0, -1.0], "eos")
    padded = Rollout([1], [4, 5, 6, 7, 2], [-1.0] * 5, "eos")
    optim = replace(FREE, balance_coef=0.0)
    _, seen = gradients(model, collate([one, padded], [0.0, 0.0]), optim)
    model.zero_grad()
    total = torch.zeros(())
    for rollout in (one, padded):
        ids = torch.tensor([rollout.prompt_ids + rollout.completion_ids])
        start = len(rollout.prompt_ids)
        logits = model(ids)[0, start - 1 : -1]
        total = total + F.cross_entropy(logits, ids[0, start:], reduction="sum") / 7
    total.backward()
    assert_equal_gradients({n: p.grad for n, p in model.named_parameters()}, seen)


def test_gradients_of_the_last_update_are_not_carried_over(make_model, random_rollouts):
    model, batch = make_model(), collate(random_rollouts(6), [0.0] * 6)
    _, first = gradients(model, batch)
    _, again = gradients(model, batch)
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_the_gradient_is_clipped_and_its_norm_reported_as_it_was(make_model, random_rollouts):
    model, batch = make_model(), collate(random_rollouts(6), [0.0] * 6)
    free, gradient = gradients(model, batch)
    norm = math.sqrt(sum(float(g.square().sum()) for g in gradient.values()))
    assert free.grad_norm == pytest.approx(norm, rel=1e-5)
    before = copy.deepcopy(model.state_dict())
    optim = replace(FREE, grad_clip=norm / 10)
    seen = update(model, torch.optim.SGD(model.parameters(), lr=1.0), batch, optim)
    assert seen.grad_norm == pytest.approx(norm, rel=1e-5)
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(before[name] - parameter, gradient[name] / 10, rtol=0, atol=1e-5)


def nan_loss(logprobs: Tensor, batch: Batch) -> Tensor:
    return logprobs.sum() * math.nan


def nan_gradient(logprobs: Tensor, batch: Batch) -> Tensor:
    return (logprobs * 0).abs().sqrt().sum()  # 0, with a slope that is infinite


def infinite_loss(logprobs: Tensor, batch: Batch) -> Tensor:
    return logprobs.sum() + math.inf  # with a gradient that is fine


@pytest.mark.parametrize("broken", [nan_loss, nan_gradient, infinite_loss])
def test_what_is_not_finite_touches_nothing(make_model, random_rollouts, broken):
    model, batch = make_model(), collate(random_rollouts(6), [0.0] * 6)
    optim = OptimConfig(lr=0.01, bias_update_speed=0.1)
    optimizer = build_optimizer(model, optim)
    update(model, optimizer, batch, optim)
    weights, state = copy.deepcopy((model.state_dict(), optimizer.state_dict()["state"]))
    with pytest.raises(NotFiniteError, match=r"loss = .*gradient norm = ") as caught:
        update(model, optimizer, batch, optim, broken)
    assert caught.value.token_ids == batch.inputs.tolist()
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, weights[name]), name
    for index, moments in optimizer.state_dict()["state"].items():
        for name, tensor in moments.items():
            assert torch.equal(tensor, state[index][name])


def test_the_bias_moves_by_the_speed_towards_an_even_load(make_model, random_rollouts):
    model, batch = make_model(), collate(random_rollouts(6), [0.0] * 6)
    (router,) = model.routers()
    router.e_score_correction_bias.copy_(torch.tensor([0.3, 0.0, -0.2, 0.0]))
    before = router.e_score_correction_bias.clone()
    frozen, _ = gradients(model, batch)
    assert torch.equal(router.e_score_correction_bias, before)  # a speed of 0 keeps every bit
    seen, _ = gradients(model, batch, replace(FREE, bias_update_speed=0.01))
    load = seen.load[0].float()
    assert torch.equal(seen.load, frozen.load) and load.unique().numel() > 1
    torch.testing.assert_close(
        router.e_score_correction_bias - before, 0.01 * torch.sign(load.mean() - load)
    )


def drifted(make_model) -> tuple[Transformer, Batch]:
    """Rollouts of a model whose router then prefers other experts, as after an update."""
    model = make_model()
    rollouts = sample(
        model, [[1, 5, 9], [1, 7], [1, 3, 4, 11]], [5, 6, 7],
        max_new_tokens=12, eos_id=2, record_experts=True,
    )  # fmt: skip
    (router,) = model.routers()
    router.e_score_correction_bias.copy_(torch.tensor([5.0, -5.0, 5.0, -5.0]))
    return model, collate(rollouts, [1.0, -1.0, 0.5])


def test_routing_replay_gives_ratio_one_and_the_router_still_learns(make_model):
    model, batch = drifted(make_model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)

    def loss_fn(logprobs: Tensor, part: Batch) -> Tensor:
        return policy_loss(logprobs, part).total

    optim = replace(FREE, balance_coef=0.0)
    free = update(model, optimizer, batch, optim, loss_fn)
    replayed = update(model, optimizer, batch, optim, loss_fn, routing_replay=True)
    assert free.logp_difference_max > 0.01
    assert replayed.logp_difference_max < 1e-5
    (router,) = model.routers()
    assert router.weight.grad.abs().max() > 1e-6


def test_drift_is_the_share_of_places_with_other_experts(make_model):
    model, batch = drifted(make_model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    then = batch.experts[0][batch.token_mask].sort(-1).values
    expected = (then != torch.tensor([0, 2])).any(-1).float().mean().item()
    assert 0 < expected < 1
    for budget in (10_000, 16):  # the micro-batches' shares add up
        optim = replace(FREE, micro_batch_tokens=budget)
        seen = update(model, optimizer, batch, optim)
        assert seen.router_drift == pytest.approx(expected)
        replayed = update(model, optimizer, batch, optim, routing_replay=True)
        assert replayed.router_drift == 0.0


def test_experts_that_a_server_did_not_tell_have_not_changed(make_model):
    """Of a prompt that it had read before it says -1, and the router chooses freely there."""
    model, batch = drifted(make_model)
    batch.experts[:, :, :2] = -1
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    replayed = update(model, optimizer, batch, FREE, routing_replay=True)
    assert replayed.router_drift == 0.0
    assert update(model, optimizer, batch, FREE).router_drift > 0.0


def test_the_experts_of_a_batch_take_the_sampler_s_two_bytes(make_model):
    """At 32,768 tokens, 58 layers and 8 experts a token, eight bytes fill a GPU by themselves."""
    _, batch = drifted(make_model)
    assert batch.experts.dtype == batch.to("meta").experts.dtype == torch.int16


def test_the_temperature_is_that_of_the_sampler(make_model):
    model = make_model()
    rollouts = sample(
        model, [[1, 5, 9], [1, 7]], [5, 6], max_new_tokens=8, eos_id=2, temperature=0.6
    )
    batch, optimizer = collate(rollouts, [0.0, 0.0]), torch.optim.SGD(model.parameters(), lr=0.0)
    assert update(model, optimizer, batch, FREE, temperature=0.6).logp_difference_max < 1e-5
    assert update(model, optimizer, batch, FREE).logp_difference_max > 0.01


def test_a_model_without_experts_has_no_router_to_move(random_rollouts):
    config = ModelConfig(vocab_size=20, dim=16, n_layers=1, inter_dim=24, max_seq_len=64)
    model, batch = Transformer(config), collate(random_rollouts(4), [0.0] * 4)
    seen, _ = gradients(model, batch, replace(FREE, bias_update_speed=0.01))
    assert seen.load is None and seen.router_metrics() == {} and seen.router_drift == 0.0
