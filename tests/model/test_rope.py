"""Rotary embedding: complex numbers as the oracle, and only distance matters."""

import pytest
import torch

from minir1.model.rope import rope_frequencies, rotate_halves, rotate_pairs, rotation

ANGLES = rotation(torch.arange(6)[None], rope_frequencies(8, 50.0))


def test_pairs_are_complex_numbers_turned_by_position_times_frequency() -> None:
    x = torch.randn(2, 6, 3, 8)
    turned = torch.view_as_complex(rotate_pairs(x, ANGLES).unflatten(-1, (-1, 2)))
    for position in range(6):
        for pair in range(4):
            angle = torch.tensor(position * 50.0 ** (-2 * pair / 8))
            before = torch.complex(x[:, position, :, 2 * pair], x[:, position, :, 2 * pair + 1])
            after = before * torch.polar(torch.tensor(1.0), angle)
            torch.testing.assert_close(turned[:, position, :, pair], after)


def test_halves_are_pairs_in_another_order() -> None:
    x = torch.randn(2, 6, 3, 8)
    order = torch.tensor([0, 4, 1, 5, 2, 6, 3, 7])
    assert torch.equal(rotate_halves(x, ANGLES)[..., order], rotate_pairs(x[..., order], ANGLES))


@pytest.mark.parametrize("rotate", [rotate_pairs, rotate_halves])
def test_a_dot_product_knows_only_the_distance(rotate) -> None:
    frequencies = rope_frequencies(8, 50.0)
    q, k = torch.randn(2, 1, 1, 1, 8, dtype=torch.float64)

    def dot(i: int, j: int) -> torch.Tensor:
        at = [rotation(torch.tensor([[p]]), frequencies.double()) for p in (i, j)]
        return (rotate(q, at[0]) * rotate(k, at[1])).sum()

    torch.testing.assert_close(dot(9, 4), dot(105, 100))
    assert abs(dot(9, 4) - dot(9, 5)) > 1e-3


def test_bfloat16_is_turned_in_float32() -> None:
    x = torch.randn(1, 6, 1, 8).bfloat16()
    expected = rotate_pairs(x.float(), ANGLES).bfloat16()
    assert torch.equal(rotate_pairs(x, ANGLES), expected)
