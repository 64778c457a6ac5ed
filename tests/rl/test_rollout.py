"""The sampler against the trainer, and a rollout that doesn't know who shares its batch."""

import pickle
from dataclasses import replace

import pytest
import torch

from minir1.config import ModelConfig, OptimConfig
from minir1.model.router import Routing
from minir1.model.transformer import Transformer
from minir1.rl import rollout as rollout_module
from minir1.rl.batch import collate
from minir1.rl.logprobs import token_logprobs
from minir1.rl.rollout import decode, sample
from minir1.rl.sampling import row_key
from minir1.rl.types import Rollout
from minir1.rl.update import update
from minir1.run.optim import build_optimizer

EOS = 2
PROMPTS = [[1, 5, 9], [1, 7], [1, 3, 4, 11, 12, 6, 8], [1], [1, 5, 9], [1, 16, 15, 3, 3]] * 2
KEYS = [row_key(0, 0, i, 0) for i in range(len(PROMPTS))]


def roll(model: Transformer, rows: list[int] | None = None, **options) -> list[Rollout]:
    rows = list(range(len(PROMPTS))) if rows is None else rows
    options = {"max_new_tokens": 20, "eos_id": EOS, "record_experts": True} | options
    return sample(model, [PROMPTS[i] for i in rows], [KEYS[i] for i in rows], **options)


def assert_same(a: Rollout, b: Rollout) -> None:
    """Equal tokens and experts; log-probabilities up to the rounding of another batch shape."""
    assert a.prompt_ids == b.prompt_ids
    assert a.completion_ids == b.completion_ids
    assert a.stop_reason == b.stop_reason
    assert a.logprobs == pytest.approx(b.logprobs, abs=1e-5)
    assert a.experts is not None and b.experts is not None
    assert torch.equal(a.experts, b.experts)


def trainer_logprobs(model: Transformer, rollouts: list[Rollout], temperature=1.0, routing=None):
    batch = collate(rollouts, [0.0] * len(rollouts))
    with torch.no_grad():
        logprobs, entropy = token_logprobs(model, batch, temperature, routing)
    return batch, logprobs, entropy


@pytest.mark.parametrize("options", [{}, {"temperature": 0.7}], ids=str)
@pytest.mark.parametrize("attention", ["mla", "gqa"])
def test_sampler_and_trainer_agree_before_and_after_an_update(make_model, attention, options):
    config = replace(make_model().config, attention=attention, n_kv_heads=1, head_dim=8)
    model = make_model(config=config)
    optimizer = build_optimizer(model, OptimConfig(lr=0.01))
    before = None
    for _ in range(2):
        rollouts = roll(model, **options)
        lengths = {len(one.completion_ids) for one in rollouts}
        assert len(lengths) > 2 and 20 in lengths  # ragged, and some are cut off
        batch, logprobs, _ = trainer_logprobs(model, rollouts, **options)
        torch.testing.assert_close(logprobs, batch.old_logprobs, rtol=0, atol=1e-5)
        assert before is None or not torch.equal(before, logprobs)
        before = logprobs
        update(model, optimizer, batch, OptimConfig())


def test_the_trainer_s_logprobs_and_entropy_are_those_of_the_softmax(make_model):
    model = make_model()
    rollouts = roll(model)
    batch, logprobs, entropy = trainer_logprobs(model, rollouts, temperature=0.8)
    with torch.no_grad():
        exact = (model(batch.inputs).double() / 0.8).log_softmax(-1)
    for row, one in enumerate(rollouts):
        for t, token in enumerate(one.completion_ids):
            place = len(one.prompt_ids) - 1 + t
            p = exact[row, place]
            assert logprobs[row, place].item() == pytest.approx(p[token].item(), abs=1e-5)
            assert entropy[row, place].item() == pytest.approx(
                -(p.exp() * p).sum().item(), abs=1e-5
            )
    outside = ~batch.loss_mask
    assert (logprobs[outside] == 0).all() and (entropy[outside] == 0).all()


def test_a_rollout_alone_is_the_same_rollout_among_others(make_model):
    model = make_model()
    together = roll(model)
    for i in range(len(PROMPTS)):
        assert_same(roll(model, [i])[0], together[i])
    some = [7, 2, 5]
    for i, one in zip(some, roll(model, some), strict=True):
        assert_same(one, together[i])


def test_the_same_call_gives_the_same_bits(make_model):
    first, again = roll(make_model()), roll(make_model())
    for a, b in zip(first, again, strict=True):
        assert a.completion_ids == b.completion_ids and a.logprobs == b.logprobs


def test_rows_with_one_prompt_and_different_keys_differ(make_model):
    model = make_model()
    rollouts = sample(
        model, [[1, 5, 9]] * 8, [row_key(0, 0, 0, g) for g in range(8)],
        max_new_tokens=20, eos_id=EOS,
    )  # fmt: skip
    assert len({tuple(one.completion_ids) for one in rollouts}) == 8


def test_dropping_finished_rows_changes_nothing(make_model, monkeypatch):
    model = make_model()
    usual = roll(model)
    assert sum(one.stop_reason == "eos" for one in usual) >= 4
    for leave_share in (0.0, 2.0):  # they leave at once; they never leave
        monkeypatch.setattr(rollout_module, "LEAVE_SHARE", leave_share)
        for a, b in zip(roll(model), usual, strict=True):
            assert_same(a, b)


def test_finished_rows_really_leave_the_batch(make_model):
    steps = decode(make_model(), PROMPTS, KEYS, max_new_tokens=20, eos_id=EOS)
    sizes = [len(drawn.rows) for drawn in steps]
    assert sizes[0] == len(PROMPTS) and sizes[-1] < len(PROMPTS)
    assert sizes == sorted(sizes, reverse=True)


def test_nothing_appears_after_the_end_token(make_model):
    for one in roll(make_model(), max_new_tokens=40):
        assert EOS not in one.completion_ids[:-1]
        assert (one.completion_ids[-1] == EOS) == (one.stop_reason == "eos")
        assert len(one.logprobs) == len(one.completion_ids) <= 40
        assert one.stop_reason == "eos" or len(one.completion_ids) == 40
        assert one.experts is not None and one.experts.shape[1] == len(one) - 1


def test_the_recorded_experts_are_those_that_the_trainer_uses(make_model):
    model = make_model()
    rollouts = roll(model)
    batch = collate(rollouts, [0.0] * len(rollouts))
    assert batch.experts is not None
    routing = Routing()
    with torch.no_grad():
        model(batch.inputs, routing=routing)
    recorded, used = batch.experts.sort(-1).values, routing.experts.sort(-1).values
    assert torch.equal(recorded[:, batch.token_mask], used[:, batch.token_mask])
    assert len(used[:, batch.token_mask].unique()) == model.config.n_routed_experts


def test_a_rollout_that_is_sent_takes_only_its_own_experts_along(make_model):
    """Processes tell each other their rollouts; 64 views of one batch were 64 whole batches."""
    for rollout in roll(make_model()):
        assert rollout.experts is not None
        own = rollout.experts.numel() * rollout.experts.element_size()
        assert len(pickle.dumps(rollout.experts)) < own + 2000
        assert rollout.experts.untyped_storage().nbytes() == own


def test_experts_are_recorded_only_where_asked_and_where_there_are_any(make_model):
    model = make_model()
    assert all(one.experts is None for one in roll(model, record_experts=False))


def test_greedy_decoding_takes_the_most_likely_token_at_each_step(make_model):
    model = make_model()
    for one in roll(model, temperature=0.0):
        ids = one.prompt_ids + one.completion_ids
        with torch.no_grad():
            likely = model(torch.tensor([ids]))[0].argmax(-1).tolist()
        assert one.completion_ids == likely[len(one.prompt_ids) - 1 : -1]


def test_a_prompt_that_is_too_long_is_named_with_the_limit(make_model):
    model = make_model()
    with pytest.raises(ValueError, match=r"60 tokens and max_new_tokens = 5 .*max_seq_len = 64"):
        sample(model, [[1], [1] * 60], [0, 1], max_new_tokens=5, eos_id=EOS)
    (fits,) = sample(model, [[1] * 60], [1], max_new_tokens=4, eos_id=EOS)
    assert len(fits) <= 64


def test_a_dense_model_samples_too(make_model):
    config = ModelConfig(vocab_size=20, dim=16, n_layers=1, inter_dim=24, max_seq_len=64)
    assert config.n_moe_layers == 0
    rollouts = roll(make_model(config=config), record_experts=False)
    assert all(one.experts is None for one in rollouts)
