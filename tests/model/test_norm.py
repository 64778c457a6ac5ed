"""RMSNorm against its formula."""

import torch

from minir1.model.norm import RMSNorm


def test_the_formula() -> None:
    norm = RMSNorm(3, eps=0.5)
    norm.weight.data = torch.tensor([1.0, 2.0, 3.0])
    # The mean square of (1, 2, 2) is 3, and sqrt(3 + 0.5) divides.
    expected = torch.tensor([1.0, 4.0, 6.0]) / 3.5**0.5
    torch.testing.assert_close(norm(torch.tensor([1.0, 2.0, 2.0])), expected)


def test_squares_are_summed_in_float32() -> None:
    """In float16 itself 300^2 would overflow: its largest number is 65504."""
    x = torch.full((1, 512), 300.0, dtype=torch.float16)
    y = RMSNorm(512, eps=1e-6).half()(x)
    assert y.dtype == torch.float16
    assert torch.equal(y, torch.ones_like(x))
