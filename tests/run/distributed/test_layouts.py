"""The same numbers whatever the layout: pre-training, sampling, and a whole GRPO step."""

from dataclasses import replace

import pytest
import torch

from minir1.config import ParallelConfig
from minir1.run.distributed import SOLO

pytestmark = pytest.mark.timeout(600)  # several processes, on a machine that may be busy

LOSS, NORM = 1e-6, 1e-6
"""How far a loss may be away (absolute), and a gradient norm (relative)."""


@pytest.fixture(scope="module")
def alone(jobs):
    """What one process computes, without any of this."""
    patch = pytest.MonkeyPatch()
    patch.setattr(jobs.groups_module, "judge", jobs.judge)
    recorded = [jobs.sampled(SOLO, jobs.CONFIG, step) for step in range(2)]
    patch.undo()
    return {
        "train": jobs.train(SOLO, jobs.CONFIG),
        "groups": recorded,
        "replay": jobs.replay(SOLO, jobs.CONFIG, recorded),
    }


def assert_same_training(found, expected):
    assert found["loss"] == pytest.approx(expected["loss"], abs=LOSS, rel=0)
    assert found["norm"] == pytest.approx(expected["norm"], rel=NORM)
    assert found["load"] == expected["load"]
    assert found["bias"] == expected["bias"]
    for name, gradient in expected["gradient"].items():
        largest = float(gradient.abs().max())
        torch.testing.assert_close(found["gradient"][name], gradient, rtol=0, atol=2e-6 * largest)


def test_pretraining(crew, layout, alone):
    expected = alone["train"]
    assert len(set(map(str, expected["bias"]))) == 2  # the routers' biases have moved, and differ
    for found in crew.run("train", *layout):
        assert_same_training(found, expected)


def test_packed_pretraining(crew, alone):
    """Sequences end to end: other micro-batches, and some process without a token, perhaps."""
    for found in crew.run("train", 4, 2, pack=True):
        assert_same_training(found, alone["train"])


def test_a_whole_grpo_step_on_the_same_rollouts(crew, layout, alone):
    expected = alone["replay"]
    assert all(one["grad_norm"] > 0.01 and one["entropy"] > 0 for one in expected)
    assert expected[1]["kl"] > 0 and expected[1]["loss"] != expected[1]["policy_loss"]
    for found in crew.run("replay", *layout, recorded=alone["groups"]):
        for mine, its in zip(found, expected, strict=True):
            assert mine.keys() == its.keys()
            for name in mine:
                if name.startswith("padding"):
                    continue  # more processes cut the batch into more parts
                if name == "grad_norm":
                    assert mine[name] == pytest.approx(its[name], rel=NORM), name
                else:
                    assert mine[name] == pytest.approx(its[name], abs=LOSS, rel=0), name


def test_rollouts_are_sampled_alike(crew, layout, alone):
    """A rollout's random numbers are its own, so it doesn't matter which process draws them."""
    for found in crew.run("sampled", *layout):
        for mine, its in zip(found, alone["groups"][0], strict=True):
            assert mine.problem == its.problem and mine.totals == its.totals
            for a, b in zip(mine.rollouts, its.rollouts, strict=True):
                assert a.prompt_ids == b.prompt_ids and a.completion_ids == b.completion_ids
                assert a.logprobs == pytest.approx(b.logprobs, abs=1e-5)
                assert torch.equal(a.experts, b.experts)


def test_with_batches_of_a_fixed_size_rollouts_have_the_same_bits(crew, jobs, monkeypatch):
    """Only the batch in which a rollout is sampled can touch its last bit."""
    monkeypatch.setattr(jobs.groups_module, "judge", jobs.judge)
    config = replace(jobs.CONFIG, zero=replace(jobs.CONFIG.zero, rollout_batch=3))
    expected = jobs.sampled(SOLO, config)
    for found in crew.run("sampled_in_threes", 4, 2):
        for mine, its in zip(found, expected, strict=True):
            assert [one.logprobs for one in mine.rollouts] == [one.logprobs for one in its.rollouts]


def test_a_process_without_any_token(crew, jobs):
    """Two documents for four processes: two of them have nothing to read."""
    expected = jobs.train(SOLO, jobs.CONFIG, count=2)
    for found in crew.run("train", 4, 2, count=2):
        assert_same_training(found, expected)


def test_what_saves_memory_changes_no_number(crew, alone):
    """Activation checkpointing, and the optimizer on the CPU."""
    parallel = ParallelConfig(activation_checkpointing=True, offload_optimizer=True, timeout_s=60)
    for found in crew.run("train", 4, 2, parallel=parallel):
        assert_same_training(found, alone["train"])


def test_bfloat16_keeps_what_must_be_exact(crew, alone):
    """Matrices are rounded; master weights, router, bias and sums over processes are not."""
    parallel = ParallelConfig(dtype="bfloat16", timeout_s=60)
    for found in crew.run("types", 2, 2, parallel=parallel):
        assert found["masters"] == found["gradients"] == found["moments"] == {torch.float32}
        assert found["scores"] == {torch.float32} and found["stream"] == torch.bfloat16
        assert found["replica"] == {"router": torch.float32, "other": torch.bfloat16}
        assert found["loss"] == pytest.approx(alone["train"]["loss"][:1], abs=0.02)
        assert found["loss"] != alone["train"]["loss"][:1]


def test_one_process_in_shards_is_the_null_object_s_equal(crew, alone):
    (found,) = crew.run("train", 1, 1)
    assert_same_training(found, alone["train"])


@pytest.mark.parametrize(
    ("size", "owners", "message"),
    [(4, 3, "divisor of the 4 processes"), (3, 3, "divisor of model.n_routed_experts = 8")],
)
def test_a_layout_that_cannot_be_is_refused(crew, size, owners, message):
    for outcome in crew.outcomes("train", size, owners):
        assert isinstance(outcome, ValueError) and message in str(outcome)
