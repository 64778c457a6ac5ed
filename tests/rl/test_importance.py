"""Rollouts of another engine: their weights make the gradient the policy's own again."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minir1.config import OptimConfig, ZeroConfig
from minir1.rl.batch import all_groups, collate, even_out
from minir1.rl.importance import corrected, importance, judge_again, weigh
from minir1.rl.logprobs import token_logprobs
from minir1.rl.loss import policy_loss
from minir1.rl.parallel import ALONE
from minir1.rl.step import grpo_step
from minir1.rl.types import Group, Rollout
from minir1.tasks.base import Problem, Verdict
from minir1.tasks.reward import Reward

CONFIG = ZeroConfig(optim=OptimConfig(micro_batch_tokens=30))
LOGS = st.lists(st.floats(-20, 0), min_size=1, max_size=9)


@given(ours=LOGS, theirs=LOGS, cap=st.floats(0.5, 8))
def test_a_weight_is_the_ratio_up_to_the_cap(ours, theirs, cap):
    length = min(len(ours), len(theirs))
    found = importance(ours[:length], theirs[:length], cap)
    wanted = [min(math.exp(a - b), cap) for a, b in zip(ours, theirs, strict=False)]
    assert found == pytest.approx(wanted, rel=1e-4)


def test_a_probability_of_nearly_nothing_is_capped_and_finite():
    assert importance([-1.0, -9999.0], [-9999.0, -1.0], 2.0) == [2.0, 0.0]


def group_of(rollouts):
    rewards = [Reward({}, float(i % 3)) for i in range(len(rollouts))]
    return Group(Problem("t", "q", None, "k"), rollouts, [Verdict.WRONG] * len(rollouts), rewards)


def exact_gradient(model, mu, cap):
    """Of a loss over every possible completion of one token, each as often as `mu` draws it."""
    prompt, config = [1, 5, 9], CONFIG
    rollouts = [
        Rollout(prompt, [token], [math.log(p)], "length") for token, p in enumerate(mu.tolist())
    ]
    groups, found = corrected(model, [group_of(rollouts)], config, cap)
    rollouts = all_groups(groups)
    advantages = [math.sin(3.0 * token) for token in range(len(rollouts))]
    batch = weigh(collate(rollouts, advantages), rollouts)
    batch = replace(batch, weights=batch.loss_mask * mu[:, None])
    model.zero_grad()
    policy_loss(token_logprobs(model, batch)[0], batch).total.backward()
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None]), found


def test_in_the_mean_the_gradient_is_that_of_the_policy_s_own_rollouts(make_model):
    model = make_model()
    with torch.no_grad():
        pi = model(torch.tensor([[1, 5, 9]]))[0, -1].softmax(-1)
    mu = (pi.log() / 1.3 + 0.3 * torch.randn(20, generator=torch.Generator().manual_seed(0))).exp()
    mu = mu / mu.sum()
    own, clean = exact_gradient(model, pi, cap=1e9)
    put_right, found = exact_gradient(model, mu, cap=1e9)
    torch.testing.assert_close(put_right, own, atol=1e-6, rtol=1e-5)
    assert clean["sampling/sampling_logp_difference/max"] < 1e-4
    gaps = (pi.log() - mu.log()).abs()  # one rollout a token
    for name, gap in (("mean", gaps.mean()), ("max", gaps.max())):
        assert found[f"sampling/sampling_logp_difference/{name}"] == pytest.approx(float(gap), 1e-4)
    assert gaps.mean() > 0.1
    # Each of the two would have been wrong alone: no weights, and a cap that takes too much.
    capped, found = exact_gradient(model, mu, cap=0.5)
    assert found["sampling/importance_capped"] > 0.5
    assert (capped - own).norm() > 0.05 * own.norm()


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_the_trainer_judges_every_token_as_the_update_will(
    make_model, random_rollouts, temperature
):
    model, rollouts = make_model(), random_rollouts(9)
    found = judge_again(model, rollouts, replace(CONFIG, temperature=temperature))
    for rollout, logprobs in zip(rollouts, found, strict=True):
        batch = collate([rollout], [0.0])
        with torch.no_grad():
            alone = token_logprobs(model, batch, temperature)[0][batch.loss_mask]
        assert logprobs == pytest.approx(alone.tolist(), abs=1e-5)


def test_experts_are_replayed_where_the_update_replays_them(make_model, random_rollouts):
    model, rollouts = make_model(), random_rollouts(4)
    layers, k = model.config.n_moe_layers, model.config.n_activated_experts
    forced = [
        replace(one, experts=torch.arange(k).expand(layers, len(one) - 1, k).to(torch.int16))
        for one in rollouts
    ]
    free = judge_again(model, rollouts, CONFIG)
    assert judge_again(model, forced, CONFIG) == free
    replayed = judge_again(model, forced, replace(CONFIG, routing_replay=True))
    gaps = torch.cat(
        [torch.tensor(a) - torch.tensor(b) for a, b in zip(free, replayed, strict=True)]
    )
    assert gaps.abs().max() > 1e-3


def test_weights_change_the_advantages_of_their_own_tokens_alone(random_rollouts):
    rollouts = random_rollouts(3)
    batch = collate(rollouts, [1.0, -2.0, 3.0])
    assert weigh(batch, rollouts) is batch
    marked = [
        replace(one, importance=[i + 0.1 * t for t in range(len(one.completion_ids))])
        for i, one in enumerate(rollouts)
    ]
    found = weigh(batch, [marked[0], rollouts[1], marked[2]])
    for row, factor in ((0, marked[0].importance), (1, 1.0), (2, marked[2].importance)):
        where = batch.loss_mask[row]
        wanted = torch.as_tensor(factor) * batch.advantages[row][where]
        torch.testing.assert_close(found.advantages[row][where], wanted)
        assert (found.advantages[row][~where] == 0).all()
    assert torch.equal(found.weights, batch.weights) and torch.equal(found.inputs, batch.inputs)


def test_peers_share_the_judging(make_model, random_rollouts):
    """Parts are dealt out, and an idle one works on nothing that is seen."""
    model, rollouts, seen = make_model(), random_rollouts(7), []

    class Three(type(ALONE)):
        size = 3

        def even_out(self, parts, lengths, cut, cost):
            return even_out(parts, lengths, self.size, cut, cost)

        def each(self, work, items, *, idle=None, workers=1):
            items = list(items)
            seen.append(len(items))
            assert work(idle) == [[]]
            return map(work, items)

    alone = judge_again(model, rollouts, CONFIG)
    shared = judge_again(model, rollouts, CONFIG, peers=Three())
    assert seen[0] % 3 == 0
    for a, b in zip(alone, shared, strict=True):
        assert a == pytest.approx(b, abs=1e-5)


def test_a_whole_step_sees_the_weights(make_model, random_rollouts):
    """Tokens that count for nothing teach nothing, in each of the mini-batches."""
    config = replace(CONFIG, minibatches=2, optim=replace(CONFIG.optim, balance_coef=0.0))
    norms = []
    for weight in (0.0, 1.0):
        model = make_model()
        rollouts = [
            replace(one, logprobs=logprobs, importance=[weight] * len(logprobs))
            for one, logprobs in zip(
                random_rollouts(6),
                judge_again(model, random_rollouts(6), CONFIG),
                strict=True,
            )
        ]
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
        norms.append(grpo_step(model, optimizer, [group_of(rollouts)], config)["grad_norm"])
    assert norms[0] == 0.0 and norms[1] > 0.01
