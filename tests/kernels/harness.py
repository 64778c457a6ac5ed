"""What every kernel test needs: races that the interpreter hides, poison, and a fair bar.

The interpreter runs the programs of a launch in turn, so a race gives the right answer. Two
things bring it to light: programs in a shuffled order must leave the same bits, and `witness`
sees every address that a program reads or writes, so a second writer, or a reader of what
another program of the same launch writes, is an error. A test says `import harness`: pyproject.toml
puts this folder on the path.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from triton.runtime import interpreter

BUILDER = interpreter.interpreter_builder


@contextmanager
def witness() -> Iterator[list[int]]:
    """Inside, every launch is checked; yields a list that gets each launch's programs."""
    launches: list[int] = []
    writes: list[tuple[int, np.ndarray]] = []
    reads: list[tuple[int, np.ndarray]] = []
    now = [0]

    def judge() -> None:
        written, writer = once_a_program(writes)
        assert len(np.unique(written)) == len(written), "an address has two writers"
        read, reader = once_a_program(reads)
        owner = np.searchsorted(written, read)
        owner[owner == len(written)] = 0
        if len(written):
            seen = (written[owner] == read) & (writer[owner] != reader)
            assert not seen.any(), "a program reads what another of its launch writes"
        writes.clear()
        reads.clear()

    def grid(x: int, y: int, z: int) -> None:
        judge()
        launches.append(x * y * z)
        real_grid(x, y, z)

    def program(x: int, y: int, z: int) -> None:
        now[0] += 1
        real_program(x, y, z)

    def store(ptrs: Any, value: Any, mask: Any, *rest: Any) -> Any:
        writes.append((now[0], ptrs.data[np.broadcast_to(mask.data, ptrs.data.shape)]))
        return real_store(ptrs, value, mask, *rest)

    def load(ptrs: Any, mask: Any, *rest: Any, **named: Any) -> Any:
        reads.append((now[0], ptrs.data[np.broadcast_to(mask.data, ptrs.data.shape)]))
        return real_load(ptrs, mask, *rest, **named)

    def atomic(*args: Any) -> None:
        raise AssertionError("an atomic: sums would depend on who comes first")

    real_grid, real_program = BUILDER.set_grid_dim, BUILDER.set_grid_idx
    real_store, real_load = BUILDER.create_masked_store, BUILDER.create_masked_load
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BUILDER, "set_grid_dim", grid)
        patch.setattr(BUILDER, "set_grid_idx", program)
        patch.setattr(BUILDER, "create_masked_store", store)
        patch.setattr(BUILDER, "create_masked_load", load)
        patch.setattr(BUILDER, "create_atomic_rmw", atomic)
        patch.setattr(BUILDER, "create_atomic_cas", atomic)
        yield launches
    judge()


def once_a_program(touched: list[tuple[int, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Addresses in order and who touched them; a program's repeats count once."""
    if not touched:
        return np.empty(0, np.uint64), np.empty(0, np.int64)
    address = np.concatenate([at.astype(np.uint64).ravel() for _, at in touched])
    program = np.concatenate([np.full(at.size, who) for who, at in touched])
    pairs = np.unique(np.stack([address, program.astype(np.uint64)]), axis=1)
    return pairs[0], pairs[1].astype(np.int64)


@contextmanager
def shuffled(seed: int = 0) -> Iterator[None]:
    """Inside, the programs of every launch run in another order."""
    rng = np.random.default_rng(seed)
    order: list[np.ndarray] = []

    def grid(x: int, y: int, z: int) -> None:
        order[:] = list(rng.permutation(list(np.ndindex(x, y, z))))
        real_grid(x, y, z)

    def program(x: int, y: int, z: int) -> None:
        real_program(*(int(i) for i in order.pop()))

    real_grid, real_program = BUILDER.set_grid_dim, BUILDER.set_grid_idx
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BUILDER, "set_grid_dim", grid)
        patch.setattr(BUILDER, "set_grid_idx", program)
        yield


@contextmanager
def poisoned() -> Iterator[None]:
    """Inside, memory that torch hands out unwritten is NaN, or the largest integer."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)


@contextmanager
def row_by_row() -> Iterator[None]:
    """Inside, a tile's product is made one row at a time, each in the same way.

    The interpreter leaves products to numpy, and numpy's BLAS adds up a row's terms in another
    order when the row stands elsewhere in the tile. A tensor core does not.
    """

    def dot(a: Any, b: Any, d: Any, *rest: Any) -> Any:
        real = np.stack([row @ b.data for row in a.data.astype(d.data.dtype)])
        return interpreter.TensorHandle(real + d.data, d.dtype.scalar)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BUILDER, "create_dot", dot)
        yield


def same_bits(a: Sequence[Tensor], b: Sequence[Tensor]) -> bool:
    """Equal to the last bit, and with no NaN anywhere."""
    return len(a) == len(b) and all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def rms(x: Tensor) -> float:
    return float(x.double().square().mean().sqrt()) if x.numel() else 0.0


def as_exact_as(kernel: Tensor, plain: Tensor, exact: Tensor, name: str = "") -> None:
    """The kernel's error against float64 is at most 1.1 times torch's in the same precision,
    plus one unit in the last place of a typical value."""
    assert kernel.shape == exact.shape and kernel.isfinite().all(), name
    assert exact.dtype == torch.float64, "the reference is float64"
    ulp = torch.finfo(kernel.dtype).eps * rms(exact)
    ours, theirs = rms(kernel.double() - exact), rms(plain.double() - exact)
    assert ours <= 1.1 * theirs + ulp, f"{name}: error {ours:.3e}, torch's {theirs:.3e}"
    assert not math.isnan(ours), name


def gradients(
    run: Callable[..., Sequence[Tensor]], inputs: Sequence[Tensor], upstream: Sequence[Tensor]
) -> list[Tensor]:
    """What `run` returns, and the gradients of its inputs when `upstream` reaches the results."""
    leaves = [x.detach().clone().requires_grad_() for x in inputs]
    outputs = run(*leaves)
    torch.autograd.backward(
        list(outputs), [u.to(o.dtype) for o, u in zip(outputs, upstream, strict=True)]
    )
    return [o.detach() for o in outputs] + [x.grad for x in leaves]  # type: ignore[misc]
