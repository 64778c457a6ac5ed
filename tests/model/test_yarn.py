"""Stretched rope: DeepSeek-V3's own numbers, and nothing at all where nothing is asked."""

import math
from dataclasses import replace

import pytest
import torch

from minir1.config import ModelConfig
from minir1.model.mla import MultiHeadLatentAttention
from minir1.model.rope import rope_frequencies, rotation
from minir1.model.yarn import frequencies, rotation_length, softmax_sharpening

V3 = ModelConfig(
    qk_rope_head_dim=64,
    qk_nope_head_dim=128,
    rope_scaling="yarn",
    rope_factor=40.0,
    rope_original_len=4096,
    mscale_all_dim=1.0,
)


def test_the_numbers_of_deepseek_v3() -> None:
    """Pairs up to 10 keep their speed, those from 23 on are 40 times slower, a line between."""
    slower = rope_frequencies(64, 10000.0) / frequencies(V3)
    torch.testing.assert_close(slower[:11], torch.ones(11))
    torch.testing.assert_close(slower[23:], torch.full((9,), 40.0))
    share = (16 - 10) / (23 - 10)
    assert 1 / float(slower[16]) == pytest.approx(1 - share + share / 40, rel=1e-5)
    assert rotation_length(V3) == 1.0
    scale = MultiHeadLatentAttention(V3).scale
    assert scale * math.sqrt(192) == pytest.approx((0.1 * math.log(40) + 1) ** 2)
    assert scale * math.sqrt(192) == pytest.approx(1.8739, abs=1e-4)


def test_a_stretched_position_looks_as_the_short_one_did() -> None:
    """The slowest pairs: position 40 p of the long context is at the angle of p before."""
    plain = replace(V3, rope_scaling="none")
    long, short = (
        rotation(torch.tensor([[p]]), frequencies(config))
        for p, config in ((40 * 77, V3), (77, plain))
    )
    torch.testing.assert_close(long[..., 23:], short[..., 23:], rtol=0, atol=1e-4)
    assert (long - short).abs()[..., 12:20].max() > 0.1


def test_without_latent_attention_the_length_carries_the_sharpening() -> None:
    """A Qwen3 with YaRN: one m(s) in the query, one in the key, and the softmax scale stays."""
    config = replace(V3, attention="gqa", mscale_all_dim=0.0, rope_factor=4.0)
    assert rotation_length(config) == pytest.approx(0.1 * math.log(4) + 1)
    assert softmax_sharpening(config) == 1.0
    turned = rotation(torch.arange(3)[None], frequencies(config), rotation_length(config))
    torch.testing.assert_close(turned.abs(), torch.full((1, 3, 8), rotation_length(config)))


def test_llama_3() -> None:
    """Fast pairs as before, slow ones divided, by their turns over the original context."""
    config = ModelConfig(
        attention="gqa", head_dim=128, rope_theta=500000.0, rope_scaling="llama3",
        rope_factor=8.0, rope_original_len=8192,
    )  # fmt: skip
    plain = rope_frequencies(128, 500000.0)
    turns = 8192 * plain / (2 * math.pi)
    slower = plain / frequencies(config)
    assert torch.equal(slower == 1, turns >= 4)
    torch.testing.assert_close(slower[turns < 1], torch.full_like(slower[turns < 1], 8.0))
    between = (turns > 1) & (turns < 4)
    assert between.any() and ((slower[between] > 1) & (slower[between] < 8)).all()
    assert rotation_length(config) == softmax_sharpening(config) == 1.0


@pytest.mark.parametrize("attention", ["mla", "gqa"])
def test_nothing_is_stretched_by_default(attention) -> None:
    config = ModelConfig(attention=attention)
    dim = config.qk_rope_head_dim if attention == "mla" else config.head_dim
    assert torch.equal(frequencies(config), rope_frequencies(dim, config.rope_theta))
    assert rotation_length(config) == softmax_sharpening(config) == 1.0


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("rope_factor", 0.5, "use a number of at least 1"),
        ("beta_slow", 64.0, r"use at most beta_fast = 32\.0"),
        ("low_freq_factor", 4.0, r"use less than high_freq_factor = 4\.0"),
        ("n_mtp_layers", -1, "use a number of at least 0"),
    ],
)
def test_what_can_not_be_is_refused(field, value, message) -> None:
    with pytest.raises(ValueError, match=f"{field} = .*{message}"):
        replace(V3, **{field: value})
