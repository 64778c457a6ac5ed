"""What stands in for the model's own words while a step is compiled says the same."""

import pytest
import torch

from minir1.model import rope, traced
from minir1.model.dispatch import experts_torch


@pytest.mark.parametrize("length", [1.0, 1.3])
@pytest.mark.parametrize("name", ["rotate_pairs", "rotate_halves"])
def test_a_turn_in_real_numbers_is_the_complex_product(name: str, length: float) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(3, 5, 2, 8, generator=generator)
    positions = torch.randint(0, 300, (3, 5), generator=generator)
    speeds = rope.rope_frequencies(8, 10000.0)
    complex_turn = rope.rotation(positions, speeds, length)
    real_turn = traced.rotation(positions, speeds, length)
    torch.testing.assert_close(real_turn, torch.view_as_real(complex_turn), rtol=0, atol=1e-6)
    turned = getattr(traced, name)(x, real_turn)
    assert turned.dtype == x.dtype
    torch.testing.assert_close(turned, getattr(rope, name)(x, complex_turn), rtol=0, atol=1e-5)


@pytest.mark.parametrize("tokens", [1, 7])
def test_all_experts_on_all_tokens_give_what_the_chosen_ones_give(tokens: int) -> None:
    generator = torch.Generator().manual_seed(tokens)
    x = torch.randn(tokens, 6, generator=generator)
    gate_up = torch.randn(5, 8, 6, generator=generator)
    down = torch.randn(5, 6, 4, generator=generator)
    chosen = torch.stack([torch.randperm(5, generator=generator)[:2] for _ in range(tokens)])
    weights = torch.rand(tokens, 2, generator=generator)
    found = traced.experts_of_few(x, chosen, weights, gate_up, down)
    wanted = experts_torch(x, chosen, weights, gate_up, down)
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-5)


def test_bfloat16_stays_bfloat16() -> None:
    x = torch.ones(2, 4, dtype=torch.bfloat16)
    gate_up, down = torch.ones(3, 6, 4).bfloat16(), torch.ones(3, 4, 3).bfloat16()
    chosen, weights = torch.tensor([[0, 1], [1, 2]]), torch.full((2, 2), 0.5)
    found = traced.experts_of_few(x, chosen, weights, gate_up, down)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found, experts_torch(x, chosen, weights, gate_up, down))


def test_standing_in_twice_changes_nothing() -> None:
    traced.stand_in()
    traced.stand_in()
