"""GRPO's rivals: closed forms, brute force, and a bandit whose best answer is known."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minir1.config import ModelConfig, OptimConfig, ZeroConfig
from minir1.model.transformer import Transformer
from minir1.rl.baselines.expert_iteration import right_rollouts
from minir1.rl.baselines.gae import gae
from minir1.rl.baselines.ppo import Critic, ppo_step, whiten
from minir1.rl.baselines.value import ValueModel, value_loss
from minir1.rl.types import Group, Rollout
from minir1.tasks.base import Problem, Verdict
from minir1.tasks.reward import Reward

lengths = st.lists(st.integers(1, 6), min_size=1, max_size=4)
rates = st.sampled_from([0.0, 0.5, 0.95, 1.0])


def case(sizes, seed=0, start=1):
    width = start + max(sizes)
    mask = torch.zeros(len(sizes), width, dtype=torch.bool)
    for row, size in enumerate(sizes):
        mask[row, start : start + size] = True
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(len(sizes), width, generator=generator)
    rewards = torch.randn(len(sizes), generator=generator)
    return rewards, values, mask


@given(lengths, rates, rates)
def test_gae_is_its_double_sum(sizes, gamma, lam):
    rewards, values, mask = case(sizes)
    found = gae(rewards, values, mask, gamma, lam)
    for row in range(len(sizes)):
        places = mask[row].nonzero().flatten().tolist()
        for i, t in enumerate(places):
            total = 0.0
            for j, u in enumerate(places[i:]):
                final = u == places[-1]
                ahead = 0.0 if final else float(values[row, u + 1])
                delta = float(rewards[row]) * final + gamma * ahead - float(values[row, u])
                total += (gamma * lam) ** j * delta
            assert found[row, t].item() == pytest.approx(total, abs=1e-5)
    assert (found[~mask] == 0).all()


def test_gae_by_hand():
    rewards, values = torch.tensor([1.0]), torch.full((1, 4), 0.5)
    mask = torch.tensor([[False, True, True, True]])
    assert gae(rewards, values, mask, lam=1.0).tolist() == [[0, 0.5, 0.5, 0.5]]
    assert gae(rewards, values, mask, lam=0.0).tolist() == [[0, 0, 0, 0.5]]


def test_lambda_one_is_reward_minus_value():
    rewards, values, mask = case([3, 5, 1])
    expected = (rewards[:, None] - values) * mask
    assert torch.allclose(gae(rewards, values, mask), expected, atol=1e-5)


def test_whitening_has_mean_zero_and_a_dead_batch_teaches_nothing():
    _, values, mask = case([3, 5, 2])
    white = whiten(values, mask)
    assert abs(white[mask].mean()) < 1e-5 and white[mask].std() == pytest.approx(1, abs=1e-2)
    assert (whiten(torch.ones_like(values), mask) == 0).all()


def test_the_value_clip_takes_the_worse_error():
    old, target, mask = torch.zeros(1, 1), torch.ones(1, 1), torch.ones(1, 1)
    ran_ahead = value_loss(torch.full((1, 1), 0.9), old, target, mask, clip=0.2)
    assert ran_ahead.item() == pytest.approx(0.5 * 0.8**2)  # judged at 0.2, not at 0.9


MODEL = ModelConfig(vocab_size=8, dim=16, n_layers=1, n_dense_layers=1, inter_dim=32, max_seq_len=8)
GOOD, BAD = 5, 6
SETTINGS = ZeroConfig(
    questions_per_step=1,
    group_size=16,
    minibatches=1,
    optim=OptimConfig(lr=0.02, warmup_steps=0, weight_decay=0.0),
)


@pytest.mark.parametrize("like", [{"device": "meta"}, {"dtype": torch.bfloat16}], ids=str)
def test_the_head_of_a_value_network_is_where_its_body_is_and_of_its_type(like):
    body = Transformer(MODEL).to(**like)
    ids = torch.ones(2, 3, dtype=torch.long, device=body.embed_tokens.weight.device)
    found = ValueModel(body)(ids)
    assert (found.device, found.dtype) == (ids.device, body.embed_tokens.weight.dtype)


def chance(policy):
    with torch.no_grad():
        return torch.softmax(policy(torch.tensor([[1, 2]]))[0, -1], -1)


def play(policy, step):
    """A bandit of one prompt: the answer GOOD earns 1, all others 0."""
    probability = chance(policy)
    draws = torch.multinomial(probability, 16, True, generator=torch.Generator().manual_seed(step))
    rollouts = [Rollout([1, 2], [a], [float(probability[a].log())], "eos") for a in draws.tolist()]
    verdicts = [Verdict.CORRECT if r.completion_ids == [GOOD] else Verdict.WRONG for r in rollouts]
    rewards = [Reward({}, float(verdict is Verdict.CORRECT)) for verdict in verdicts]
    return Group(Problem("bandit", "", None, ""), rollouts, verdicts, rewards)


def test_ppo_finds_the_best_arm_and_its_critic_foresees_the_reward():
    policy = Transformer(MODEL)
    optimizer = torch.optim.AdamW(policy.parameters(), lr=0.02, weight_decay=0.0)
    value = ValueModel(policy)
    critic = Critic(value, torch.optim.AdamW(value.parameters(), lr=0.02), epochs=4)
    before = float(chance(policy)[GOOD])
    for step in range(40):
        ppo_step(policy, optimizer, critic, [play(policy, step)], SETTINGS)
    assert before < 0.3 and chance(policy)[GOOD] > 0.9
    with torch.no_grad():
        assert value(torch.tensor([[1, 2]]))[0, -1].item() == pytest.approx(1, abs=0.2)


def test_the_fixed_norm_divides_by_the_longest_answer():
    """One token an answer: L = the budget makes the gradient as many times smaller."""
    norms = {}
    for norm, budget in (("token", 8), ("fixed", 8), ("fixed", 4)):
        settings = replace(SETTINGS, loss_norm=norm, max_new_tokens=budget)
        policy = Transformer(MODEL)
        value = ValueModel(policy)
        critic = Critic(value, torch.optim.SGD(value.parameters(), lr=0.0))
        still = torch.optim.SGD(policy.parameters(), lr=0.0)
        seen, _ = ppo_step(policy, still, critic, [play(policy, 0)], settings)
        norms[norm, budget] = seen.grad_norm
    assert norms["token", 8] > 0
    assert norms["fixed", 8] == pytest.approx(norms["token", 8] / 8, rel=1e-5)
    assert norms["fixed", 4] == pytest.approx(norms["token", 8] / 4, rel=1e-5)


def test_only_right_texts_are_kept_and_each_once():
    policy = Transformer(MODEL)
    group = play(policy, 3)
    kept = right_rollouts([group, group])
    assert [r.completion_ids for r in kept] == [[GOOD], [GOOD]]
    assert right_rollouts([group], at_most=1) == kept[:1]
