"""R1-Zero's stage: its reference, its problems, its diary."""

from dataclasses import replace

import pytest
import torch

from minir1.config import Config
from minir1.run import checkpoint
from minir1.run.evaluate import heldout_problems
from minir1.run.metrics import read_metrics
from minir1.run.models import tokenizer_of
from minir1.stages import reinforce as module
from minir1.stages.pretrain import pretrain
from minir1.stages.zero import problem_seed, zero
from minir1.tasks.splits import split_of

METRICS = """reward reward_std frac_reward_zero_std rewards/accuracy/mean rewards/format/mean
    policy_loss loss kl entropy aux_loss grad_norm learning_rate num_tokens
    completions/mean_length completions/max_length completions/clipped_ratio clip_ratio/low_mean
    clip_ratio/high_mean sampling/sampling_logp_difference/mean
    sampling/sampling_logp_difference/max checks retries tries first_try repeats router/load_max
    router/drift time/step time/rollout time/train time/tokens_per_s""".split()  # noqa: SIM905


@pytest.fixture(scope="module")
def watched(tiny, tmp_path_factory):
    """A run with one update a step: its groups, gradients held while it sampled, updates' words."""
    config = replace(tiny, zero=replace(tiny.zero, minibatches=1, steps=7, ref_every=3))
    out, groups, held, told = tmp_path_factory.mktemp("zero"), [], [], []
    pretrain(config, out)
    with pytest.MonkeyPatch.context() as patch:
        real, step = module.sample_groups, module.grpo_step

        def train(*args, **options):
            told.append(options)
            return step(*args, **options)

        def spy(*args, **options):
            held.extend(p.grad for p in args[0].parameters())
            result = real(*args, **options)
            groups.append((options["step"], result[0]))
            return result

        patch.setattr(module, "sample_groups", spy)
        patch.setattr(module, "grpo_step", train)
        zero(config, out)
    return config, out, groups, held, told


@pytest.fixture(scope="module")
def run(watched):
    return watched[:3]


def test_a_step_samples_without_the_gradients_of_the_last_one(watched):
    """They would take the room of the whole model that samples: the plan doesn't count them."""
    *_, held, _ = watched
    assert held and all(gradient is None for gradient in held)


def test_an_update_is_told_the_step_s_budget_and_draws_its_own_order(watched):
    """The budget is what Dr. GRPO's loss is divided by."""
    config, *_, told = watched
    assert [one["fixed_length"] for one in told] == [8, 8, 8, 12, 12, 12, 12]
    assert len({one["seed"] for one in told}) == 7
    assert {one["pad_id"] for one in told} == {tokenizer_of(config).pad_id}


def test_the_diary_has_trl_s_names(run):
    _, out, _ = run
    rows = [row for row in read_metrics(out) if row["stage"] == "zero"]
    assert [row["step"] for row in rows] == list(range(1, 8))
    for row in rows:
        assert [name for name in METRICS if name not in row] == []
        assert row["sampling/sampling_logp_difference/max"] < 1e-4
        assert row["clip_ratio/high_mean"] == row["clip_ratio/low_mean"] == 0  # on policy


def test_the_reference_is_renewed_every_few_steps(run):
    """The KL is measured before a step's update: 0 where the reference has just been renewed."""
    _, out, _ = run
    rows = [row for row in read_metrics(out) if row["stage"] == "zero"]
    kl = {row["step"] - 1: row["kl"] for row in rows}
    assert [i for i in kl if kl[i] == 0.0] == [0, 3, 6]
    assert all(kl[i] > 0 for i in (1, 2, 4, 5))
    assert rows[1]["loss"] == pytest.approx(rows[1]["policy_loss"] + 0.01 * kl[1], abs=1e-6)
    # The reference in the checkpoint is the policy that went into step 6, the last renewal.
    last = checkpoint.load(out / "checkpoints" / "zero-000007")
    before = checkpoint.load(out / "checkpoints" / "zero-000006")
    for name, tensor in before.model.items():
        assert torch.equal(last.extra_tensors[f"reference/{name}"], tensor)
        assert name.endswith("bias") or not torch.equal(last.model[name], tensor)


def test_no_step_asks_what_is_held_out(run):
    config, _, groups = run
    asked = [group.problem for _, some in groups for group in some]
    assert all(split_of(one.key, config.task.heldout_share) == "train" for one in asked)
    heldout = {one.key for one in heldout_problems(config.task, 200)}
    assert not heldout & {one.key for one in asked}


def test_each_step_asks_other_problems_within_its_budget(run):
    config, _, groups = run
    assert [step for step, _ in groups] == list(range(7))
    questions = [tuple(group.problem.question for group in some) for _, some in groups]
    assert len(set(questions)) == 7
    for step, some in groups:
        longest = max(len(one.completion_ids) for group in some for one in group.rollouts)
        assert longest <= config.zero.budget(step)
    assert config.zero.budget(2) == 8 and config.zero.budget(3) == 12
    assert any(
        len(r.completion_ids) > 8 for _, some in groups[3:] for g in some for r in g.rollouts
    )


def test_the_small_evaluations_on_the_way(run):
    _, out, _ = run
    names = [file.name for file in sorted((out / "eval").iterdir())]
    assert names == ["step-000003.json", "step-000006.json"]


def test_problem_seeds_differ_between_steps_and_runs():
    seeds = {problem_seed(seed, step) for seed in range(20) for step in range(500)}
    assert len(seeds) == 20 * 500


def test_without_a_kl_term_there_is_no_reference(tiny: Config, tmp_path):
    config = replace(tiny, zero=replace(tiny.zero, kl_coef=0.0, steps=1))
    config = replace(config, pretrain=replace(config.pretrain, steps=0))
    pretrain(config, tmp_path)
    zero(config, tmp_path)
    found = checkpoint.latest(tmp_path / "checkpoints", "zero")
    assert found is not None and found.extra_tensors == {}
    assert read_metrics(tmp_path)[-1]["kl"] == 0.0


def test_rl_needs_a_base(tiny, tmp_path):
    with pytest.raises(ValueError, match="has not finished its pretrain stage"):
        zero(tiny, tmp_path)
