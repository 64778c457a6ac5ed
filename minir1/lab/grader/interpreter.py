"""Triton's interpreter, less forgiving: what a masked load doesn't read is poison, and the
programs of a launch run in a crooked order.

Where a load's mask is false and no `other` is named, a GPU gives anything at all. The interpreter
gives 0, so a kernel that forgets `other` would pass. Here it gets NaN, or a 1 that looks real.

On a GPU programs run in any order. The interpreter runs them from the first to the last, so what
one writes into the next one's memory is mended by the next one; from the last to the first, the
same holds for the one before. In an order that does both, neither is mended.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def crooked(count: int) -> list[int]:
    """Odd ones from the last to the first, then even ones from the first to the last.

    >>> crooked(5)
    [3, 1, 0, 2, 4]
    """
    return [*reversed(range(1, count, 2)), *range(0, count, 2)]


def forgive_less() -> None:
    """Change the interpreter of this process; it is a child, and ends after one answer."""
    from triton.runtime import interpreter  # the extra `kernels`

    from minir1_kernels.interpreter import read_numbers

    read_numbers()
    builder: Any = interpreter.interpreter_builder
    orders: list[list[int]] = []
    real_load, real_dim = builder.create_masked_load, builder.set_grid_dim
    real_idx = builder.set_grid_idx

    def load(ptrs: Any, mask: Any, other: Any, *rest: Any, **named: Any) -> Any:
        found = real_load(ptrs, mask, other, *rest, **named)
        if other is None:
            hidden = ~np.broadcast_to(mask.data, found.data.shape)
            is_float = np.issubdtype(found.data.dtype, np.floating)
            poison = np.where(hidden, np.nan if is_float else 1, found.data)
            found.data = poison.astype(found.data.dtype)
        return found

    def grid_dim(*dims: int) -> None:
        orders[:] = map(crooked, dims)
        real_dim(*dims)

    def grid_idx(*place: int) -> None:
        real_idx(*(order[at] for order, at in zip(orders, place, strict=True)))

    builder.create_masked_load = load
    builder.set_grid_dim, builder.set_grid_idx = grid_dim, grid_idx
