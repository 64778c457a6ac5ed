"""The harness sees what it is there to see: kernels with one fault each are caught."""

import harness
import pytest
import torch
import triton
import triton.language as tl


@triton.jit
def add_to_all(x_ptr, N: tl.constexpr):
    """Every program adds to the same addresses: a race on a GPU, right in the interpreter."""
    at = x_ptr + tl.arange(0, N)
    tl.store(at, tl.load(at) + 1.0)


@triton.jit
def chain(x_ptr):
    """A program reads what the one before it wrote: it works in one order only."""
    i = tl.program_id(0)
    tl.store(x_ptr + i + 1, tl.load(x_ptr + i) + 1.0)


@triton.jit
def count_all(x_ptr):
    tl.atomic_add(x_ptr, 1.0)


@triton.jit
def double(x_ptr, y_ptr, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y_ptr + at, 2 * tl.load(x_ptr + at, mask=at < n, other=0.0), mask=at < n)


@pytest.mark.parametrize(
    ("kernel", "constants", "message"),
    [
        (add_to_all, {"N": 4}, "two writers"),
        (chain, {}, "reads what another"),
        (count_all, {}, "an atomic"),
    ],
)
def test_a_race_is_caught(kernel, constants, message):
    with pytest.raises(Exception, match=message), harness.witness():
        kernel[(3,)](torch.zeros(8), **constants)


def test_a_clean_kernel_passes_in_every_order():
    x = torch.arange(10.0)
    with harness.witness() as launches, harness.shuffled(1), harness.poisoned():
        y = torch.empty(10)
        double[(3,)](x, y, 10, BLOCK=4)
    assert torch.equal(y, 2 * x) and launches == [3]


def test_an_order_that_matters_shows_when_it_is_shuffled():
    results = set()
    for seed in range(4):
        x = torch.zeros(6)
        with harness.shuffled(seed):
            chain[(5,)](x)
        results.add(tuple(x.tolist()))
    assert len(results) > 1


def test_poison_is_not_finite():
    with harness.poisoned():
        assert torch.empty(3).isnan().all() and torch.empty(3, dtype=torch.int32).max() > 2**30


def test_the_bar_rejects_a_kernel_that_is_worse_than_torch():
    exact = torch.linspace(1, 2, 100, dtype=torch.float64)
    plain = exact.float()
    harness.as_exact_as(plain, plain, exact)
    with pytest.raises(AssertionError, match="error"):
        harness.as_exact_as(plain + 1e-5, plain, exact)
    with pytest.raises(AssertionError):
        harness.as_exact_as(plain * float("nan"), plain, exact)
