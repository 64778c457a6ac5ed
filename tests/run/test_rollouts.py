"""What a run shows of its rollouts: one group a step, with what the sampler knew of each token."""

import json
from dataclasses import replace

import pytest
import torch

from minir1.config import ModelConfig, TaskConfig, ZeroConfig
from minir1.model.transformer import Transformer
from minir1.rl.groups import sample_groups
from minir1.rl.types import Group
from minir1.run import rollouts as module
from minir1.run.rollouts import (
    FIELDS,
    FILE,
    LONGEST,
    RolloutLog,
    Rollouts,
    chosen,
    load,
    read_rollouts,
)
from minir1.tasks import make_task
from minir1.tasks.reward import Reward
from minir1.text.tokenizer import Tokenizer

SETTINGS = ZeroConfig(steps=4, questions_per_step=3, group_size=4, max_new_tokens=9)


@pytest.fixture(scope="module")
def groups():
    model = Transformer(
        ModelConfig(n_layers=3, dim=16, n_heads=2, n_dense_layers=1),
        torch.Generator().manual_seed(1),
    )
    task = make_task(TaskConfig())
    found, _ = sample_groups(
        model, Tokenizer(128), task, task.problems("train", 0), SETTINGS, seed=0, step=0
    )
    return found


def paid(group: Group, totals: list[float]) -> Group:
    rewards = [Reward({"accuracy": total}, total) for total in totals]
    return replace(group, rewards=rewards)


def log(tmp_path, settings=SETTINGS):
    return RolloutLog(tmp_path, "zero", settings, Tokenizer(128), ModelConfig(n_routed_experts=8))


def test_a_row_says_what_the_sampler_knew(tmp_path, groups):
    group = paid(groups[1], [0.0, 1.0, 0.0, 1.0])
    log(tmp_path).write(1, [paid(groups[0], [0.0] * 4), group])  # the first is dead
    (row,) = read_rollouts(tmp_path)
    assert (row["stage"], row["step"], row["of"]) == ("zero", 1, 4)
    assert row["question"] == group.problem.question
    assert [one["reward"] for one in row["rollouts"]] == [0.0, 1.0, 0.0, 1.0]
    assert sum(one["advantage"] for one in row["rollouts"]) == pytest.approx(0, abs=1e-3)
    for one, rollout in zip(row["rollouts"], group.rollouts, strict=True):
        assert " ".join(one["tokens"]) == Tokenizer(128).decode(rollout.completion_ids)
        assert one["logprobs"] == pytest.approx(rollout.logprobs, abs=5e-4)
        assert one["length"] == len(rollout.completion_ids)
        # Token t was fed at the place after the prompt: the experts that it went to.
        start = len(rollout.prompt_ids)
        for t, layers in enumerate(one["experts"]):
            assert rollout.experts is not None
            assert layers == rollout.experts[:, start + t].tolist()
        assert len(one["experts"]) == len(rollout.completion_ids) - 1


def test_the_load_counts_every_rollout(groups):
    found = torch.tensor(load(groups, 8))
    assert found.shape == (2, 8) and torch.allclose(found.mean(1), torch.ones(2), atol=1e-2)
    counts = torch.zeros(2, 8)
    for group in groups:
        for one in group.rollouts:
            assert one.experts is not None
            for layer, row in enumerate(one.experts.flatten(1).tolist()):
                for expert in row:
                    counts[layer, expert] += 1
    assert torch.allclose(found, counts / counts.mean(1, keepdim=True), atol=1e-3)


def test_a_server_s_cached_prompt_is_not_counted(tmp_path, groups):
    """Its experts are -1 there (run/served/answers.py)."""
    cached, uncounted = [], []
    for group in groups:
        pairs = [(one, one.experts.clone(), len(one.prompt_ids)) for one in group.rollouts]
        for _, experts, prompt in pairs:
            experts[:, :prompt] = -1
        cached.append(replace(group, rollouts=[replace(r, experts=e) for r, e, _ in pairs]))
        cut = [replace(r, experts=e[:, prompt:]) for r, e, prompt in pairs]
        uncounted.append(replace(group, rollouts=cut))
    assert load(cached, 8) == load(uncounted, 8)
    log(tmp_path).write(1, cached)
    assert read_rollouts(tmp_path)[0]["load"] == load(cached, 8)


def test_a_large_group_keeps_its_ends_and_a_long_run_some_steps(tmp_path, groups):
    assert chosen([0.0, 0.5, 1.0, 0.2, 0.9], most=3) == [0, 2, 4]
    assert chosen([0.0] * 3, most=8) == [0, 1, 2]
    long = log(tmp_path, replace(SETTINGS, steps=1000))
    for step in range(1, 1001):
        if step < 25 or step > 990:
            long.write(step, groups)
    steps = [row["step"] for row in read_rollouts(tmp_path)]
    assert steps == [1, 10, 20, 1000]


def test_a_long_completion_is_cut_and_a_resumed_step_counts_once(tmp_path, groups):
    group = groups[0]
    (one, *_) = group.rollouts
    long = replace(one, completion_ids=[5] * 900, logprobs=[-1.0] * 900, experts=None)
    told = log(tmp_path).told(long)
    assert len(told["tokens"]) == LONGEST and told["length"] == 900 and "experts" not in told
    for question in ("first", "second"):
        problem = replace(group.problem, question=question)
        log(tmp_path).write(1, [replace(group, problem=problem)])
    (row,) = read_rollouts(tmp_path)
    assert row["question"] == "second"


def test_a_dense_model_has_no_load_and_no_run_no_rows(tmp_path, groups):
    plain = [replace(g, rollouts=[replace(r, experts=None) for r in g.rollouts]) for g in groups]
    assert load(plain, 0) == []
    assert read_rollouts(tmp_path / "nowhere") == []


@pytest.mark.parametrize("name", FIELDS)
def test_a_row_that_lacks_a_field_is_named(tmp_path, groups, name):
    writer = log(tmp_path)
    for step in (1, 2):
        writer.write(step, groups)
    first, second = read_rollouts(tmp_path)
    second.pop(name)
    (tmp_path / FILE).write_text("".join(json.dumps(row) + "\n" for row in (first, second)))
    with pytest.raises(ValueError, match=rf"rollouts\.jsonl, line 2: the row has no '{name}'"):
        read_rollouts(tmp_path)


def test_who_looks_again_reads_what_is_new(tmp_path, groups, monkeypatch):
    read = []
    real = module.parse
    monkeypatch.setattr(module, "parse", lambda *line: read.append(line[-1]) or real(*line))
    writer, rows = log(tmp_path), Rollouts(tmp_path)
    assert len(rows) == 0 and rows.steps == []
    writer.write(1, groups)
    writer.write(2, groups)
    for _ in range(3):
        rows.look()
    assert read == [1, 2] and rows.steps == [("zero", 1), ("zero", 2)]
    assert rows[-1] == rows[1] and rows[1]["step"] == 2 and read == [1, 2, 2, 2, 2]
    writer.write(2, [replace(groups[0], problem=replace(groups[0].problem, question="again"))])
    rows.look()
    assert read[5:] == [3] and len(rows) == 2 and rows[1]["question"] == "again"


def test_a_line_is_seen_when_it_is_whole_and_a_new_run_from_its_start(tmp_path, groups):
    writer = log(tmp_path)
    writer.write(1, groups)
    writer.write(2, groups)
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole[:-9])
    rows = Rollouts(tmp_path)
    assert rows.steps == [("zero", 1)]
    (tmp_path / FILE).write_bytes(whole)
    rows.look()
    assert rows.steps == [("zero", 1), ("zero", 2)]
    (tmp_path / FILE).unlink()
    rows.look()
    assert len(rows) == 0
    writer.write(3, groups)
    rows.look()
    assert rows.steps == [("zero", 3)] and rows[0]["step"] == 3
