"""Reading what prompts share once: the same cache and the same rollouts, from fewer tokens."""

import pytest
import torch

from minir1.config import ModelConfig
from minir1.rl.prefill import read_prompts, read_shared, shared_opening
from minir1.rl.rollout import sample
from minir1.rl.sampling import row_key

DENSE = ModelConfig(
    vocab_size=20, dim=16, n_layers=2, n_dense_layers=2, inter_dim=24, n_heads=2, n_kv_heads=1,
    head_dim=8, attention="gqa", max_seq_len=64,
)  # fmt: skip
CASES = {
    "groups": [[3, 4, 5]] * 3 + [[3, 4, 9, 9]] * 3,
    "nothing alike": [[3, 4], [5], [6, 7, 8], [5]],
    "one prompt": [[3, 4, 5]] * 4,
    "one token": [[3], [3]],
    "one inside another": [[3, 4], [3, 4, 5]],
}


@pytest.mark.parametrize("prompts", CASES.values(), ids=CASES)
def test_the_cache_is_that_of_reading_every_row(make_model, prompts: list[list[int]]) -> None:
    model = make_model(config=DENSE)
    with torch.inference_mode():
        cache, hidden = read_prompts(model, prompts, 12)
        shared, heard = read_shared(model, prompts, 12)
        torch.testing.assert_close(heard, hidden, rtol=0, atol=1e-5)
        assert shared.lengths.tolist() == cache.lengths.tolist() == [len(p) for p in prompts]
        assert shared.longest == cache.longest
        for row, prompt in enumerate(prompts):
            used = slice(0, len(prompt))
            torch.testing.assert_close(
                shared.rows[:, row, used], cache.rows[:, row, used], rtol=0, atol=1e-5
            )


@pytest.mark.parametrize("prompts", CASES.values(), ids=CASES)
def test_the_rollouts_are_the_same(make_model, prompts: list[list[int]]) -> None:
    model = make_model(config=DENSE)
    keys = [row_key(0, 0, i, 0) for i in range(len(prompts))]
    plain = sample(model, prompts, keys, max_new_tokens=9, eos_id=2)
    shared = sample(model, prompts, keys, max_new_tokens=9, eos_id=2, share_prompts=True)
    for one, other in zip(shared, plain, strict=True):
        assert one.completion_ids == other.completion_ids
        assert one.logprobs == pytest.approx(other.logprobs, abs=1e-5)


def test_fewer_tokens_are_read(make_model) -> None:
    model = make_model(config=DENSE)
    read = []
    model.embed_tokens.register_forward_hook(lambda module, given, out: read.append(given[0]))
    with torch.inference_mode():
        read_shared(model, CASES["groups"], 12)
    assert sum(ids.numel() for ids in read) == 2 + 2 * 2  # the opening, then two prompts of two
    assert shared_opening(CASES["nothing alike"]) == 0


def test_recorded_experts_are_refused(make_model) -> None:
    keys = [row_key(0, 0, 0, 0)]
    with pytest.raises(ValueError, match="share_prompts"):
        sample(
            make_model(), [[3, 4]], keys,
            max_new_tokens=2, eos_id=2, record_experts=True, share_prompts=True,
        )  # fmt: skip
