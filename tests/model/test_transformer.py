"""Cached decoding equals the full forward, and other laws of the whole model."""

from dataclasses import replace

import pytest
import torch

from minir1.config import ModelConfig
from minir1.model.cache import KVCache
from minir1.model.router import Routing
from minir1.model.transformer import Transformer

MLA = ModelConfig(
    vocab_size=20, dim=16, n_layers=3, inter_dim=24, moe_inter_dim=8, n_heads=2, kv_lora_rank=8,
    qk_nope_head_dim=6, qk_rope_head_dim=4, v_head_dim=10, max_seq_len=32, n_kv_heads=1,
    head_dim=8,
)  # fmt: skip
CONFIGS = {
    "mla": MLA,
    "mla, query rank, own head": replace(MLA, q_lora_rank=6, tie_embeddings=False, v_head_dim=7),
    "gqa": replace(MLA, attention="gqa"),
    "gqa, q/k norm, softmax": replace(MLA, attention="gqa", qk_norm=True, score_func="softmax"),
    "groups": replace(MLA, n_expert_groups=4, n_limited_groups=2, n_activated_experts=3),
}


@pytest.fixture(params=CONFIGS.values(), ids=CONFIGS.keys())
def model(request: pytest.FixtureRequest) -> Transformer:
    return Transformer(request.param, torch.Generator().manual_seed(1)).double()


def tokens(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(0, MLA.vocab_size, shape, generator=torch.Generator().manual_seed(seed))


def cache_for(model: Transformer, batch: int, max_len: int = 16) -> KVCache:
    return KVCache(model.config, batch, max_len, dtype=torch.float64)


@torch.no_grad()
def test_token_by_token_equals_the_full_forward(model: Transformer) -> None:
    ids, cache = tokens(3, 9), cache_for(model, 3)
    steps = [model(ids[:, t : t + 1], cache=cache) for t in range(9)]
    torch.testing.assert_close(torch.cat(steps, 1), model(ids), rtol=0, atol=1e-12)


@torch.no_grad()
def test_prompts_of_unequal_length_then_chunks(model: Transformer) -> None:
    ids, prompt = tokens(3, 12), torch.tensor([2, 5, 4])
    full, cache = model(ids), cache_for(model, 3)
    padded = ids[:, :5].where(torch.arange(5) < prompt[:, None], 7)
    first = model(padded, cache=cache)
    cache.set_lengths(prompt)
    for row, length in enumerate(prompt.tolist()):
        torch.testing.assert_close(first[row, :length], full[row, :length], rtol=0, atol=1e-12)
    for new in (1, 3, 1, 2):  # Several tokens at once, as a chunked prefill would do.
        positions = cache.lengths[:, None] + torch.arange(new)
        step = model(ids.gather(1, positions), cache=cache)
        expected = full.gather(1, positions[..., None].expand(-1, -1, full.shape[-1]))
        torch.testing.assert_close(step, expected, rtol=0, atol=1e-12)
    assert cache.lengths.tolist() == (prompt + 7).tolist()


@torch.no_grad()
def test_keep_drops_finished_sequences(model: Transformer) -> None:
    ids, cache = tokens(4, 8), cache_for(model, 4)
    model(ids[:, :6], cache=cache)
    cache.set_lengths(torch.tensor([6, 3, 5, 4]))
    cache.keep(torch.tensor([3, 1]))
    assert cache.longest == 4
    step = model(torch.stack((ids[3, 4:5], ids[1, 3:4])), cache=cache)
    torch.testing.assert_close(step[0, 0], model(ids[3:4])[0, 4], rtol=0, atol=1e-12)
    torch.testing.assert_close(step[1, 0], model(ids[1:2])[0, 3], rtol=0, atol=1e-12)


@torch.no_grad()
def test_the_future_changes_nothing(model: Transformer) -> None:
    ids = tokens(2, 8)
    changed = ids.clone()
    changed[:, 5:] = (changed[:, 5:] + 1) % MLA.vocab_size
    before, after = model(ids), model(changed)
    # Not bit for bit: the experts' matrix products have other row counts, and so other rounding.
    torch.testing.assert_close(before[:, :5], after[:, :5], rtol=0, atol=1e-12)
    assert ((before - after)[:, 5:].abs().amax(-1) > 1e-3).all()


def test_forced_experts_repeat_the_free_forward_bit_for_bit(model: Transformer) -> None:
    ids, free = tokens(2, 6), Routing()
    logits = model(ids, routing=free)
    config = model.config
    assert free.experts.shape == (config.n_moe_layers, 2, 6, config.n_activated_experts)
    assert free.load.sum(-1).tolist() == [2 * 6 * config.n_activated_experts] * config.n_moe_layers
    for router in model.routers():  # A free choice would now differ.
        router.e_score_correction_bias.copy_(torch.randn(config.n_routed_experts) * 10)
    forced = Routing(forced_experts=free.experts)
    replay = model(ids, routing=forced)
    assert torch.equal(replay, logits)
    assert torch.equal(forced.experts, free.experts)
    assert not torch.equal(model(ids), logits)
    replay.square().mean().backward()
    assert all(router.weight.grad.abs().sum() > 0 for router in model.routers())
