"""Multi-token prediction as an objective: its loss by hand, its gradient, and off by default."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from minir1.config import Config, ModelConfig, OptimConfig, PretrainConfig
from minir1.model.transformer import Transformer
from minir1.rl.ahead import ahead_loss
from minir1.rl.batch import collate
from minir1.rl.types import Batch, Rollout
from minir1.rl.update import update

TINY = ModelConfig(
    vocab_size=20, dim=16, n_layers=2, inter_dim=24, moe_inter_dim=8, n_heads=2, kv_lora_rank=8,
    qk_nope_head_dim=6, qk_rope_head_dim=4, v_head_dim=8, n_routed_experts=4, max_seq_len=64,
    n_mtp_layers=2,
)  # fmt: skip
FREE = OptimConfig(lr=0.0, weight_decay=0.0, grad_clip=1e9, bias_update_speed=0.0)


def batch_of(random_rollouts, count: int = 5) -> Batch:
    return collate(random_rollouts(count), [0.0] * count)


def one_row_by_hand(model: Transformer, rollout: Rollout, weight: float) -> float:
    """L of one text: each guess made alone, from the text cut where its knowledge ends."""
    ids = [*rollout.prompt_ids, *rollout.completion_ids]
    total = 0.0
    for k in (1, 2):
        for i in range(len(ids) - k - 1):
            if i + k + 1 < len(rollout.prompt_ids):
                continue  # the target belongs to the prompt
            known = torch.tensor([ids[: i + k + 1]])
            guess = model.look_ahead(known, model.hidden(known))[k - 1]
            logprobs = model.head(guess[0, i]).log_softmax(-1)
            total -= weight * float(logprobs[ids[i + k + 1]])
    return total / 2


@torch.no_grad()
def test_the_loss_by_hand(make_model, random_rollouts) -> None:
    model, rollouts = make_model(config=TINY), random_rollouts(5)
    batch = collate(rollouts, [0.0] * 5)
    weight = 1 / int(batch.loss_mask.sum())
    expected = sum(one_row_by_hand(model, rollout, weight) for rollout in rollouts)
    found = float(ahead_loss(model, batch, model.hidden(batch.inputs)))
    assert expected > 1
    assert found == pytest.approx(expected, abs=1e-5)


def gradients(model: Transformer, batch: Batch, optim: OptimConfig, coef: float):
    seen = update(model, torch.optim.SGD(model.parameters(), lr=0.0), batch, optim, mtp_coef=coef)
    return seen, {name: p.grad for name, p in model.named_parameters()}


def test_micro_batches_add_up(make_model, random_rollouts) -> None:
    model, batch = make_model(config=TINY), batch_of(random_rollouts)
    whole, expected = gradients(model, batch, replace(FREE, micro_batch_tokens=10**6), 0.3)
    cut, found = gradients(model, batch, replace(FREE, micro_batch_tokens=1), 0.3)
    assert cut.ahead_loss == pytest.approx(whole.ahead_loss, rel=1e-5)
    torch.testing.assert_close(cut.load, whole.load)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


def test_off_the_heads_have_no_gradient_and_the_rest_is_as_without_them(
    make_model, random_rollouts
) -> None:
    batch = batch_of(random_rollouts)
    _, found = gradients(make_model(config=TINY), batch, FREE, 0.0)
    _, expected = gradients(make_model(config=replace(TINY, n_mtp_layers=0)), batch, FREE, 0.0)
    heads = {name: grad for name, grad in found.items() if name.startswith("mtp.")}
    assert len(heads) > 20 and all(grad is None for grad in heads.values())
    assert {name: found[name] for name in expected}.keys() == found.keys() - heads.keys()
    assert all(torch.equal(found[name], grad) for name, grad in expected.items())


def test_on_it_reaches_the_whole_model_by_its_weight(make_model, random_rollouts) -> None:
    batch = batch_of(random_rollouts)
    runs = [gradients(make_model(config=TINY), batch, FREE, coef) for coef in (0.0, 0.3, 0.6)]
    (_, off), (low, some), (high, more) = runs
    assert low.ahead_loss == pytest.approx(high.ahead_loss) and low.ahead_loss > 1
    assert low.loss == runs[0][0].loss  # the loss that is reported is the next token's alone
    name = "layers.0.self_attn.q_proj.weight"
    share = [grad[name] - off[name] for grad in (some, more)]
    assert share[0].abs().max() > 1e-4
    torch.testing.assert_close(share[1], 2 * share[0], rtol=1e-3, atol=1e-6)
    assert low.load is not None and len(low.load) == 1 + 2  # routers of the heads are counted too


def test_the_routers_of_the_heads_are_kept_busy_too(make_model, random_rollouts) -> None:
    model, batch = make_model(config=TINY), batch_of(random_rollouts)
    biases = [router.e_score_correction_bias for router in model.routers()]
    optim = replace(FREE, bias_update_speed=0.01)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    update(model, optimizer, batch, optim, mtp_coef=0.0)
    assert [bool(bias.any()) for bias in biases] == [True, False, False]
    update(model, optimizer, batch, optim, mtp_coef=0.3)
    assert all(bias.any() for bias in biases)


def test_a_few_steps_of_training_teach_it_to_look_ahead() -> None:
    """A text in which each token follows from the one before: all guesses can be right."""
    cycle = [3 + (7 * i) % 11 for i in range(24)]
    rollouts = [Rollout(cycle[:1], cycle[1 + s : 20 + s], [0.0] * 19, "length") for s in range(4)]
    batch = collate(rollouts, [0.0] * 4)
    model = Transformer(TINY)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    seen = [
        update(model, optimizer, batch, OptimConfig(), mtp_coef=0.3).ahead_loss for _ in range(40)
    ]
    assert seen[0] > 2.5 and seen[-1] < 0.5


def test_experts_only_ahead_are_recorded(random_rollouts) -> None:
    model = Transformer(replace(TINY, n_dense_layers=2))
    batch = batch_of(random_rollouts)
    seen, grads = gradients(model, batch, FREE, 0.3)
    assert seen.load is not None and tuple(seen.load.shape) == (2, 4)
    assert isinstance(grads["mtp.1.mlp.gate.weight"], Tensor)


def test_a_weight_without_layers_is_refused() -> None:
    with pytest.raises(ValueError, match=r"mtp_coef = 0\.3 .* model\.n_mtp_layers = 1"):
        Config(pretrain=PretrainConfig(mtp_coef=0.3))
    assert Config(pretrain=PretrainConfig(mtp_coef=0.0)).hash() == Config().hash()
