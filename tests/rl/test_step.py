"""One GRPO step: it learns a bandit, and every rollout and every reward has its place."""

import copy
from dataclasses import replace
from statistics import fmean

import pytest
import torch

from minir1.config import ModelConfig, OptimConfig, ZeroConfig
from minir1.model.transformer import Transformer
from minir1.rl import step as step_module
from minir1.rl.advantage import group_advantages
from minir1.rl.batch import collate
from minir1.rl.logprobs import token_logprobs
from minir1.rl.rollout import sample
from minir1.rl.sampling import row_key
from minir1.rl.step import grpo_step
from minir1.rl.types import Group, Rollout
from minir1.run.optim import build_optimizer
from minir1.tasks.base import Problem, Verdict
from minir1.tasks.reward import Reward

OPTIM = OptimConfig(
    lr=0.02, weight_decay=0.0, warmup_steps=0, bias_update_speed=0.0, balance_coef=0.0
)
CONFIG = ZeroConfig(questions_per_step=2, group_size=16, minibatches=1, optim=OPTIM)
BANDIT = ModelConfig(
    vocab_size=3, dim=16, n_layers=1, n_dense_layers=0, n_heads=2, moe_inter_dim=8,
    n_routed_experts=4, max_seq_len=8,
)  # fmt: skip
BEST = 2


def group(rollouts: list[Rollout], rewards: list[float]) -> Group:
    problem = Problem("bandit", "pull", None, "k")
    verdicts = [Verdict.CORRECT if reward else Verdict.WRONG for reward in rewards]
    return Group(problem, rollouts, verdicts, [Reward({"accuracy": r}, r) for r in rewards])


def pull(policy: Transformer, step: int, config: ZeroConfig = CONFIG) -> list[Group]:
    """One token is one pull; the arm BEST pays 1. The second prompt pays the same way."""
    groups = []
    for p, prompt in enumerate(([0], [0, 1])):
        keys = [row_key(0, step, p, g) for g in range(config.group_size)]
        rollouts = sample(
            policy, [prompt] * config.group_size, keys, max_new_tokens=1, eos_id=-1,
            temperature=config.temperature, record_experts=True,
        )  # fmt: skip
        rewards = [float(one.completion_ids == [BEST]) for one in rollouts]
        groups.append(group(rollouts, rewards))
    return groups


@torch.no_grad()
def chance_of_best(policy: Transformer) -> float:
    return policy(torch.tensor([[0, 1]]))[0].softmax(-1)[:, BEST].min().item()


@pytest.mark.parametrize(
    "options",
    [
        {"advantage": "grpo"},
        {"advantage": "dr_grpo", "loss_norm": "fixed"},
        {"advantage": "rloo", "loss_norm": "sequence", "ratio_level": "sequence"},
        {"minibatches": 4, "routing_replay": True},
        {"temperature": 1.5},
    ],
    ids=str,
)
def test_the_policy_finds_the_bandit_s_best_arm(options):
    config = replace(CONFIG, **options)
    policy = Transformer(BANDIT, torch.Generator().manual_seed(1))
    optimizer = build_optimizer(policy, config.optim)
    assert chance_of_best(policy) < 0.45
    first = None
    for i in range(25):
        grpo_step(policy, optimizer, pull(policy, i, config), config, seed=f"0/{i}")
        first = first or chance_of_best(policy)
    assert first > 1 / 3  # after one step already
    assert chance_of_best(policy) > 0.95


def test_a_step_is_deterministic():
    ends = []
    for _ in range(2):
        policy = Transformer(BANDIT, torch.Generator().manual_seed(1))
        optimizer = build_optimizer(policy, OPTIM)
        for i in range(3):
            config = replace(CONFIG, minibatches=2)
            metrics = grpo_step(policy, optimizer, pull(policy, i), config, seed=f"0/{i}")
        ends.append((metrics, policy.state_dict()))
    assert ends[0][0] == ends[1][0]
    assert all(torch.equal(ends[0][1][name], ends[1][1][name]) for name in ends[0][1])


@pytest.mark.parametrize("reward", [0.0, 1.0])
def test_dead_groups_teach_nothing_at_all(reward):
    policy = Transformer(BANDIT)
    before = copy.deepcopy(policy.state_dict())
    groups = [group(one.rollouts, [reward] * 16) for one in pull(policy, 0)]
    metrics = grpo_step(policy, build_optimizer(policy, OPTIM), groups, CONFIG)
    assert metrics["grad_norm"] == 0.0 and metrics["policy_loss"] == 0.0
    assert all(torch.equal(before[name], t) for name, t in policy.state_dict().items())


def marked_groups() -> list[Group]:
    """Three groups of four rollouts that can be told apart, with rewards that can be, too."""
    rewards = [[1.0, 0.0, 0.0, 0.0], [0.0, 3.0, 1.0, 0.0], [2.0, 2.0, 0.5, 0.0]]
    return [
        group(
            [Rollout([0], [1] * (g + 1) + [p], [-1.0] * (g + 2), "length") for g in range(4)], row
        )
        for p, row in enumerate(rewards)
    ]


def record_batches(monkeypatch) -> list:
    batches = []
    real = step_module.update

    def spy(policy, optimizer, batch, *args, **options):
        batches.append(batch)
        return real(policy, optimizer, batch, *args, **options)

    monkeypatch.setattr(step_module, "update", spy)
    return batches


@pytest.mark.parametrize("kind", ["grpo", "dr_grpo", "rloo"])
@pytest.mark.parametrize("minibatches", [1, 3, 5, 12])
def test_each_rollout_is_used_once_with_its_own_advantage(monkeypatch, kind, minibatches):
    batches, groups = record_batches(monkeypatch), marked_groups()
    policy = Transformer(BANDIT)
    config = replace(CONFIG, advantage=kind, minibatches=minibatches)
    grpo_step(policy, build_optimizer(policy, OPTIM), groups, config, seed="7/3")
    advantages = group_advantages(torch.tensor([one.totals for one in groups]), kind)
    expected = {}
    for p, one in enumerate(groups):
        for g, rollout in enumerate(one.rollouts):
            expected[tuple(rollout.completion_ids)] = advantages[p, g].item()
    seen = {}
    assert len(batches) == minibatches
    sizes = [batch.inputs.shape[0] for batch in batches]
    assert sum(sizes) == 12 and max(sizes) - min(sizes) <= 1
    for batch in batches:
        for row in range(batch.inputs.shape[0]):
            where = batch.loss_mask[row]
            (advantage,) = set(batch.advantages[row, where].tolist())
            seen[tuple(batch.targets[row, where].tolist())] = advantage
            assert not batch.advantages[row, ~where].any()
    assert seen == pytest.approx(expected)


def test_a_fixed_norm_is_told_its_length(monkeypatch):
    """Twelve rollouts of a budget of 50 tokens, whatever of it was written."""
    batches, policy = record_batches(monkeypatch), Transformer(BANDIT)
    config = replace(CONFIG, loss_norm="fixed")
    grpo_step(policy, build_optimizer(policy, OPTIM), marked_groups(), config, fixed_length=50)
    (batch,) = batches
    torch.testing.assert_close(batch.weights, batch.loss_mask / (12 * 50))


def test_mini_batches_mix_the_groups_differently_at_each_step(monkeypatch):
    orders = []
    for seed in ("0/1", "0/2", "0/1"):
        batches = record_batches(monkeypatch)
        policy = Transformer(BANDIT)
        config = replace(CONFIG, minibatches=3)
        grpo_step(policy, build_optimizer(policy, OPTIM), marked_groups(), config, seed=seed)
        orders.append([batch.inputs.tolist() for batch in batches])
    assert orders[0] == orders[2] != orders[1]


def test_the_loss_is_that_of_the_rollouts_own_logprobs():
    """The ratio's old side is what the sampler recorded, never a recomputed one."""
    policy = Transformer(BANDIT)
    groups = marked_groups()
    rollouts = [rollout for one in groups for rollout in one.rollouts]
    advantages = group_advantages(torch.tensor([one.totals for one in groups]))
    batch = collate(rollouts, [0.0] * 12)
    with torch.no_grad():
        logprobs, _ = token_logprobs(policy, batch)
    loss, clipped = 0.0, [0, 0]
    tokens = int(batch.loss_mask.sum())
    for row, advantage in enumerate(advantages.flatten().tolist()):
        for new in logprobs[row, batch.loss_mask[row]]:
            ratio = (new + 1.0).exp().item()
            loss -= min(ratio * advantage, min(max(ratio, 0.9), 1.02) * advantage) / tokens
            clipped[0] += ratio < 0.9 and advantage < 0
            clipped[1] += ratio > 1.02 and advantage > 0
    assert all(count > 0 for count in clipped)
    config = replace(CONFIG, clip_low=0.1, clip_high=0.02)
    metrics = grpo_step(policy, build_optimizer(policy, OPTIM), groups, config)
    assert metrics["policy_loss"] == pytest.approx(loss, abs=1e-5)
    assert metrics["loss"] == metrics["policy_loss"]
    assert metrics["clip_ratio/low_mean"] == pytest.approx(clipped[0] / tokens)
    assert metrics["clip_ratio/high_mean"] == pytest.approx(clipped[1] / tokens)


def test_the_metrics_of_a_first_step_on_policy():
    policy = Transformer(BANDIT, torch.Generator().manual_seed(1))
    reference = copy.deepcopy(policy)
    config = replace(CONFIG, kl_coef=0.1)
    optimizer = build_optimizer(policy, OPTIM)
    metrics = grpo_step(policy, optimizer, pull(policy, 0), config, reference=reference)
    assert metrics["kl"] == 0.0  # the policy is its own reference, to the last bit
    assert metrics["clip_ratio/low_mean"] == metrics["clip_ratio/high_mean"] == 0.0
    assert metrics["sampling/sampling_logp_difference/max"] < 1e-5
    assert metrics["router/drift"] == 0.0
    assert 0 < metrics["entropy"] <= 1.0987  # log 3
    assert metrics["grad_norm"] > 0
    assert {"loss", "policy_loss", "aux_loss", "router/load_max"} <= set(metrics)
    later = grpo_step(policy, optimizer, pull(policy, 1), config, reference=reference)
    assert later["kl"] > 1e-5
    assert later["loss"] == pytest.approx(later["policy_loss"] + 0.1 * later["kl"], abs=1e-6)


def test_the_metrics_of_several_updates(monkeypatch):
    """Means over all; sampler and trainer are compared in the first, where both are one policy."""
    seen, real = [], step_module.update

    def spy(*args, **options):
        seen.append(real(*args, **options))
        return seen[-1]

    monkeypatch.setattr(step_module, "update", spy)
    policy = Transformer(BANDIT, torch.Generator().manual_seed(1))
    config, optimizer = replace(CONFIG, minibatches=3), build_optimizer(policy, OPTIM)
    metrics = grpo_step(policy, optimizer, pull(policy, 0), config, seed="0")
    for name in ("loss", "entropy", "grad_norm"):
        assert metrics[name] == pytest.approx(fmean(getattr(one, name) for one in seen))
    assert metrics["policy_loss"] == pytest.approx(metrics["loss"])
    gaps = [one.logp_difference_max for one in seen]
    assert metrics["sampling/sampling_logp_difference/max"] == gaps[0] < 1e-5 < min(gaps[1:])


@pytest.mark.parametrize("pack", [False, True])
def test_the_reference_computes_as_many_places_as_the_policy(pack):
    """Packed together or not at all: padding that only one of them computes is paid for."""
    places = {}

    def count(model, ids):
        places[model] = places.get(model, 0) + ids[0].numel()

    policy = Transformer(BANDIT)
    reference = copy.deepcopy(policy)
    for model in (policy, reference):
        model.embed_tokens.register_forward_pre_hook(lambda _, ids, m=model: count(m, ids))
    config = replace(CONFIG, kl_coef=0.1, optim=replace(OPTIM, pack=pack))
    metrics = grpo_step(
        policy, build_optimizer(policy, OPTIM), marked_groups(), config, reference=reference
    )
    assert places[policy] == places[reference] and metrics["kl"] == 0.0
    tokens = sum(len(rollout) - 1 for one in marked_groups() for rollout in one.rollouts)
    assert (places[policy] == tokens) == pack


@pytest.mark.parametrize("temperature", [0.7, 1.5])
def test_the_trainer_judges_at_the_sampler_s_temperature(temperature):
    config = replace(CONFIG, temperature=temperature, kl_coef=0.1)
    policy = Transformer(BANDIT, torch.Generator().manual_seed(1))
    reference = copy.deepcopy(policy)
    groups = pull(policy, 0, config)
    metrics = grpo_step(policy, build_optimizer(policy, OPTIM), groups, config, reference=reference)
    assert metrics["sampling/sampling_logp_difference/max"] < 1e-5
    assert metrics["kl"] == 0.0  # the reference is read at the same temperature


def test_routing_replay_is_the_step_s_to_ask_for():
    """The router changes its mind between sampling and training, as in a later mini-batch."""
    for replay in (False, True):
        config = replace(CONFIG, routing_replay=replay)
        policy = Transformer(BANDIT, torch.Generator().manual_seed(1))
        groups = pull(policy, 0, config)
        (router,) = policy.routers()
        used = groups[0].rollouts[0].experts
        assert used is not None
        router.e_score_correction_bias[used[0, 0].long()] = -5.0  # these won't be chosen again
        metrics = grpo_step(policy, build_optimizer(policy, OPTIM), groups, config)
        assert (metrics["router/drift"] == 0.0) == replay
        assert (metrics["sampling/sampling_logp_difference/max"] < 1e-5) == replay


def test_the_reference_is_read_and_never_trained():
    policy, reference = Transformer(BANDIT), Transformer(BANDIT, torch.Generator().manual_seed(5))
    before = copy.deepcopy(reference.state_dict())
    config = replace(CONFIG, kl_coef=1.0)
    grpo_step(policy, build_optimizer(policy, OPTIM), pull(policy, 0), config, reference=reference)
    assert all(parameter.grad is None for parameter in reference.parameters())
    assert all(torch.equal(before[name], t) for name, t in reference.state_dict().items())


def test_a_strong_kl_term_holds_the_policy_at_the_reference():
    ends = []
    for kl_coef in (0.0, 2.0):
        policy = Transformer(BANDIT, torch.Generator().manual_seed(1))
        reference = copy.deepcopy(policy)
        optimizer, config = build_optimizer(policy, OPTIM), replace(CONFIG, kl_coef=kl_coef)
        for i in range(15):
            grpo_step(policy, optimizer, pull(policy, i), config, reference=reference)
        ends.append(chance_of_best(policy))
    assert ends[0] > 0.9 and ends[1] < 0.75
