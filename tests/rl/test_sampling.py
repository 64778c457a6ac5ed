"""The random numbers of the sampler, and the tokens that they draw."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minir1.rl.sampling import draw, row_key, uniforms

INT64 = st.integers(-(2**63), 2**63 - 1)


def splitmix64(key: int, position: int) -> float:
    """Steele, Lea and Flood's generator in Python's own integers, cut to 24 bits."""
    mask = 2**64 - 1
    z = (key + (position + 1) * 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    z ^= z >> 31
    return (z >> 40) / 2**24


def test_the_oracle_gives_the_published_stream():
    """The first outputs of splitmix64 with seed 0, as its authors print them, to 24 bits."""
    published = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert [splitmix64(0, t) for t in range(3)] == [(z >> 40) / 2**24 for z in published]


@given(st.lists(st.tuples(INT64, st.integers(0, 40_000)), min_size=1, max_size=20))
def test_uniforms_are_splitmix64(pairs):
    keys, positions = torch.tensor(pairs).unbind(1)
    expected = [splitmix64(key, position) for key, position in pairs]
    assert uniforms(keys, positions).tolist() == expected


def chi_square(counts: torch.Tensor, expected: torch.Tensor | float) -> float:
    """Pearson's statistic as a number of standard deviations from its mean."""
    freedom = counts.numel() - 1
    chi = ((counts - expected) ** 2 / expected).sum().item()
    return (chi - freedom) / math.sqrt(2 * freedom)


def test_uniforms_are_uniform_over_positions_and_over_keys():
    one_key = uniforms(torch.full((64_000,), row_key(0, 0, 0, 0)), torch.arange(64_000))
    keys = torch.tensor([row_key(0, 0, p, s) for p in range(200) for s in range(80)])
    one_position = uniforms(keys, torch.full_like(keys, 7))
    for u in (one_key, one_position):
        assert u.min() >= 0 and u.max() < 1
        counts = torch.histc(u, 64, 0, 1)
        assert abs(chi_square(counts, len(u) / 64)) < 4
    # Neighbours are unrelated: pairs of successive numbers fill the square.
    cells = (one_key[:-1] * 8).long() * 8 + (one_key[1:] * 8).long()
    assert abs(chi_square(torch.bincount(cells, minlength=64), (len(one_key) - 1) / 64)) < 4


def test_row_keys_differ_and_say_who_they_belong_to():
    names = [(a, b, c, d) for a in range(4) for b in range(-2, 4) for c in range(5) for d in (0, 1)]
    keys = {row_key(*name) for name in names}
    assert len(keys) == len(names)
    assert all(-(2**63) <= key < 2**63 for key in keys)
    assert row_key(0, 1, 12, 3) != row_key(0, 11, 2, 3)  # no digits run together
    assert row_key(7, 1, 2, 3) == row_key(7, 1, 2, 3)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.25])
def test_draws_have_the_frequencies_of_the_softmax(temperature):
    logits = torch.tensor([0.3, -1.0, 2.0, 0.0, -0.5, 1.1])
    n = 40_000
    u = uniforms(torch.full((n,), 5), torch.arange(n))
    tokens, logprobs = draw(logits.expand(n, -1), u, temperature)
    p = (logits.double() / temperature).exp()
    p = p / p.sum()
    assert abs(chi_square(torch.bincount(tokens, minlength=6), n * p)) < 4
    torch.testing.assert_close(logprobs.double(), p[tokens].log(), rtol=0, atol=1e-6)


def test_a_draw_is_the_first_token_whose_cumulative_probability_is_above_u():
    """The worked example of the file: p = (.5, .3, .2)."""
    logits = torch.tensor([0.5, 0.3, 0.2]).log().expand(6, -1)
    u = torch.tensor([0.0, 0.49, 0.51, 0.6, 0.79, 0.81])
    assert draw(logits, u, 1.0)[0].tolist() == [0, 0, 1, 1, 1, 2]


def test_the_ends_of_the_unit_interval_never_draw_what_has_no_probability():
    logits = torch.tensor([-math.inf, 0.1, -math.inf, 2.0, 1.0, -math.inf])
    u = torch.tensor([0.0, 1 - 2.0**-24])
    tokens, logprobs = draw(logits.expand(2, -1), u, 1.0)
    assert tokens.tolist() == [1, 4]
    assert torch.isfinite(logprobs).all()


@given(st.integers(0, 2**24 - 1), st.integers(0, 2**31))
def test_any_draw_is_a_token(bits, seed):
    logits = torch.randn(1, 7, generator=torch.Generator().manual_seed(seed)) * 8
    tokens, _ = draw(logits, torch.tensor([bits * 2.0**-24]), 1.0)
    assert 0 <= tokens.item() < 7


def test_temperature_zero_takes_the_most_likely_token():
    logits = torch.randn(30, 9, generator=torch.Generator().manual_seed(0))
    tokens, logprobs = draw(logits, torch.rand(30), 0.0)
    assert torch.equal(tokens, logits.argmax(-1))
    expected = logits.double().log_softmax(-1).gather(-1, tokens[:, None])[:, 0]
    torch.testing.assert_close(logprobs.double(), expected, rtol=0, atol=1e-6)
