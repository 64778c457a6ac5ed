"""Rollouts through a server are those of our own sampler, and every step hands the weights over."""

import copy
from dataclasses import replace

import pytest
import torch

from minir1.config import RolloutConfig
from minir1.rl.compiled import CompiledStep
from minir1.rl.groups import sample_groups
from minir1.rl.step import grpo_step
from minir1.run.distributed import SOLO
from minir1.run.models import tokenizer_of
from minir1.run.served import rollouts_of
from minir1.run.served.source import OwnRollouts
from minir1.tasks import make_task


def test_they_are_those_of_our_own_sampler(source, policy, ask_all):
    served = ask_all(source().sampler(policy, 0))
    own = ask_all(policy)
    for a, b in zip(served, own, strict=True):
        assert (a.prompt_ids, a.completion_ids) == (b.prompt_ids, b.completion_ids)
        assert a.stop_reason == b.stop_reason and torch.equal(a.experts, b.experts)
        assert a.logprobs == pytest.approx(b.logprobs, abs=1e-5)
    assert {one.stop_reason for one in served} == {"eos", "length"}


def test_each_step_samples_with_its_own_weights(source, server, policy, ask_all, tmp_path):
    rollouts, other = source(), copy.deepcopy(policy)
    with torch.no_grad():
        other.embed_tokens.weight.mul_(0.5)
    found = []
    for step, model in enumerate((policy, other)):
        found.append(ask_all(rollouts.sampler(model, step)))
        (folder,) = (tmp_path / "rollout").iterdir()  # the older one is gone
        assert folder.name == f"zero-00000{step}" and server.version == str(folder)
    assert [one.completion_ids for one in found[1]] == [
        one.completion_ids for one in ask_all(other)
    ]
    assert found[0] != found[1] and not server.paused


def test_the_order_of_a_hand_over(source, server, policy):
    source().sampler(policy, 0)
    assert server.log == [
        "/v1/models",
        "/pause",
        "/collective_rpc",
        "/reset_prefix_cache",
        "/update_weight_version",
        "/resume",
        "/weight_info",
    ]


def steps(policy, rollouts, config, n=2):
    """Some steps of GRPO, each paid by the token ids: the weights after them, and the metrics."""
    policy = copy.deepcopy(policy)
    # No Adam: it makes a whole step of a gradient that is nothing but rounding.
    optimizer, tokenizer = torch.optim.SGD(policy.parameters(), lr=0.1), tokenizer_of(config)
    task, seen = make_task(config.task), []

    def pay(group):
        totals = [float(sum(one.completion_ids) % 5) for one in group.rollouts]
        rewards = [replace(r, total=t) for r, t in zip(group.rewards, totals, strict=True)]
        return replace(group, rewards=rewards)

    for i in range(n):
        groups, _ = sample_groups(
            policy, tokenizer, task, task.problems("train", i), config.zero, seed=0, step=i,
            pay=pay, sampler=rollouts.sampler(policy, i),
        )  # fmt: skip
        groups, mismatch = rollouts.corrected(policy, groups, 1)
        metrics = grpo_step(policy, optimizer, groups, config.zero, seed=f"0/{i}")
        seen.append(metrics | mismatch)
    return policy.state_dict(), seen


@pytest.mark.parametrize("replay", [False, True])
def test_whole_steps_of_grpo_are_equal(source, tiny, policy, replay):
    config = replace(tiny, zero=replace(tiny.zero, minibatches=2, routing_replay=replay))
    served, found = steps(policy, source(minibatches=2, routing_replay=replay), config)
    own, wanted = steps(policy, OwnRollouts(), config)
    for name, tensor in own.items():
        torch.testing.assert_close(served[name], tensor, atol=1e-6, rtol=1e-5)
    for a, b in zip(found, wanted, strict=True):
        # Relative to its own size, but for sums that are 0 up to rounding.
        assert a["loss"] == pytest.approx(b["loss"], abs=1e-6)
        assert a["grad_norm"] == pytest.approx(b["grad_norm"], rel=1e-4)
        assert a["sampling/importance_sampling_ratio/mean"] == pytest.approx(1.0, abs=1e-5)
        assert a["sampling/sampling_logp_difference/max"] < 1e-4


def test_another_distribution_is_put_right(source, server, tiny, policy):
    """The server samples a little colder: the ratio of the first update is 1 all the same."""
    server.colder = 0.9
    once = replace(tiny, zero=replace(tiny.zero, minibatches=1))
    _, (seen,) = steps(policy, source(rollout={"importance_cap": 1.5}), once, n=1)
    assert 0.001 < seen["sampling/sampling_logp_difference/mean"] < 0.5
    assert seen["sampling/importance_sampling_ratio/max"] <= 1.5
    assert seen["sampling/importance_sampling_ratio/min"] < 1
    assert seen["clip_ratio/low_mean"] == seen["clip_ratio/high_mean"] == 0


def test_an_older_server_keeps_no_versions(source, server, policy, ask_all):
    server.missing = {"/weight_info", "/update_weight_version"}
    assert len(ask_all(source().sampler(policy, 0))) == 3


def test_a_server_need_not_give_experts(source, server, policy, ask_all):
    server.experts = False
    served = ask_all(source().sampler(policy, 0))
    assert all(one.experts is None for one in served)


def test_the_trainer_compiles_its_step_where_asked(tiny, policy, tmp_path, monkeypatch):
    """And a stage, like its rollouts, has one program: compiling again would cost as much again."""
    monkeypatch.setattr("minir1.model.compiler.missing_tool", lambda: "")
    config = replace(tiny, rollout=RolloutConfig(compile=True))
    rollouts = rollouts_of(config, tiny.zero, tmp_path, tokenizer_of(tiny), "zero", SOLO)
    first, second = rollouts.sampler(policy, 0), rollouts.sampler(policy, 1)
    step = first.keywords["compiled"]
    assert isinstance(step, CompiledStep) and second.keywords["compiled"] is step
    plain = rollouts_of(tiny, tiny.zero, tmp_path, tokenizer_of(tiny), "zero", SOLO)
    assert plain.sampler(policy, 0).keywords["compiled"] is None


def test_without_an_address_the_trainer_samples(tiny, policy, ask_all, tmp_path):
    rollouts = rollouts_of(tiny, tiny.zero, tmp_path, tokenizer_of(tiny), "zero", SOLO)
    assert type(rollouts) is OwnRollouts
    assert ask_all(rollouts.sampler(policy, 0))[0].completion_ids
    groups = []
    assert rollouts.corrected(policy, groups, 1) == (groups, {})
