"""A server that is down, slow, stale or confused: one clear line, and nothing half-used."""

import copy
import threading
from dataclasses import replace

import pytest
import torch

from minir1.config import RolloutConfig
from minir1.rl.groups import sample_groups
from minir1.run.models import tokenizer_of
from minir1.run.served import ServerError
from minir1.run.served.wire import Refused, ask
from minir1.tasks import make_task


@pytest.mark.parametrize("fault", [500, 503, 429, "half", "torn"])
def test_what_may_be_better_next_time_is_asked_again(source, server, policy, ask_all, fault):
    sampler = source().sampler(policy, 0)
    server.faults["/v1/completions"] = [fault]
    found = ask_all(sampler)
    own = ask_all(policy)
    assert [one.completion_ids for one in found] == [one.completion_ids for one in own]
    assert server.log.count("/v1/completions") == 3 + 1


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (500, "answers 500: an engine died in 3 tries"),
        ("half", "broke off in the middle of its answer in 3 tries"),
        ("torn", "gave an answer that is no whole JSON in 3 tries"),
    ],
)
def test_what_stays_bad_stops_the_run(source, server, policy, ask_all, fault, message):
    sampler = source().sampler(policy, 0)
    server.faults["/v1/completions"] = [fault] * 20
    with pytest.raises(ServerError, match=f"/v1/completions {message}"):
        ask_all(sampler)


def test_what_was_refused_is_not_asked_again(source, server, policy, ask_all):
    sampler = source().sampler(policy, 0)
    server.faults["/v1/completions"] = [400]
    with pytest.raises(Refused, match=r"answers 400: the prompt is too long"):
        ask_all(sampler)
    assert server.log.count("/v1/completions") <= 3


def test_a_slow_server(server):
    server.faults["/v1/models"] = [0.5, 0.5]
    with pytest.raises(ServerError, match=r"no answer within 0.05 s .* in 2 tries"):
        ask(f"{server.url}/v1/models", timeout_s=0.05, tries=2)


def test_nobody_there(source, server, policy, tmp_path):
    """The weights lie ready for a server that is started now, by the command in the line."""
    rollouts = source(rollout={"server": "http://127.0.0.1:9", "tries": 1})
    with pytest.raises(ServerError, match=r"can't be reached.*bash minir1/launch/vllm.sh /.*zero-"):
        rollouts.sampler(policy, 0)
    assert (tmp_path / "rollout" / "zero-000000" / "model.safetensors").is_file()
    assert (tmp_path / "rollout" / "zero-000000" / "tokenizer.json").is_file()


def test_another_server(source, server, policy):
    server.missing = {"/v1/models"}
    with pytest.raises(ServerError, match=r"is this a vLLM server"):
        source().sampler(policy, 0)


def test_a_server_that_was_not_started_for_it(source, server, policy):
    server.missing = {"/collective_rpc"}
    with pytest.raises(ServerError, match=r"no route /collective_rpc: .*VLLM_SERVER_DEV_MODE=1"):
        source().sampler(policy, 0)
    server.missing, server.room = set(), 8
    with pytest.raises(ServerError, match=r"room for 8 tokens"):
        source().sampler(policy, 0)


def test_a_reload_that_fails_leaves_it_paused_until_the_next(source, server, policy, ask_all):
    rollouts = source()
    server.faults["/collective_rpc"] = [500] * 3
    with pytest.raises(ServerError, match=r"collective_rpc answers 500"):
        rollouts.sampler(policy, 0)
    assert server.paused
    assert len(ask_all(rollouts.sampler(policy, 0))) == 3


def test_a_server_started_again_in_the_middle(source, server, policy, ask_all):
    sampler = source().sampler(policy, 0)
    server.version = "default"
    with pytest.raises(ServerError, match=r"holds the weights 'default' and not '/.*zero-000000'"):
        ask_all(sampler)


def test_other_weights_are_noticed_by_their_log_probabilities(source, server, tiny, policy):
    """An older server keeps no versions. Another run has loaded its weights in between."""
    server.missing = {"/weight_info"}
    rollouts = source()
    sampler = rollouts.sampler(policy, 0)
    server.model = copy.deepcopy(policy)
    with torch.no_grad():
        for parameter in server.model.parameters():
            parameter.mul_(1.5)
    task = make_task(tiny.task)
    before = {name: tensor.clone() for name, tensor in policy.state_dict().items()}
    groups, _ = sample_groups(
        policy, tokenizer_of(tiny), task, task.problems("train", 0), tiny.zero, seed=0, step=0,
        sampler=sampler,
    )  # fmt: skip
    with pytest.raises(ServerError, match=r"nats from the trainer's.*processed_logprobs"):
        rollouts.corrected(policy, groups, 1)
    assert all(torch.equal(before[name], t) for name, t in policy.state_dict().items())


def test_replay_needs_the_experts(source, server, policy, ask_all):
    server.experts = False
    sampler = source(routing_replay=True).sampler(policy, 0)
    with pytest.raises(ServerError, match=r"--enable-return-routed-experts"):
        ask_all(sampler)


def test_one_bad_answer_is_not_waited_for_by_all(source, server, policy, ask_all):
    """The first error ends the step; requests that were not sent yet are not sent."""
    sampler = source(rollout={"at_once": 1}).sampler(policy, 0)
    server.faults["/v1/completions"] = [400]
    with pytest.raises(Refused):
        ask_all(sampler, copies=20)
    assert server.log.count("/v1/completions") < 20
    assert threading.active_count() < 40


@pytest.mark.parametrize("url", ["10.0.0.5:8000", "ftp://a", "http://", "localhost"])
def test_an_address_that_is_none(url):
    with pytest.raises(ValueError, match=r"rollout.server"):
        RolloutConfig(server=url)


def test_a_server_s_step_is_not_ours_to_compile():
    with pytest.raises(ValueError, match=r"rollout.compile = True .* with a server, it samples"):
        RolloutConfig(server="http://10.0.0.5:8000", compile=True)


@pytest.mark.parametrize("field", ["at_once", "timeout_s", "tries"])
def test_a_number_that_can_t_be(field):
    with pytest.raises(ValueError, match=field):
        replace(RolloutConfig(), **{field: 0})
    with pytest.raises(ValueError, match="importance_cap"):
        RolloutConfig(importance_cap=0.0)
