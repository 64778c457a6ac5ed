"""Triton's interpreter, less forgiving: what a masked load doesn't read is poison, and the
programs of a launch run backwards.

Where a load's mask is false and no `other` is named, a GPU gives anything at all. The interpreter
gives 0, so a kernel that forgets `other` would pass. Here it gets NaN, or a 1 that looks real.

On a GPU programs run in any order. The interpreter runs them from the first to the last, so what
one writes into the next one's memory is mended by the next one. From the last to the first it
stays.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def forgive_less() -> None:
    """Change the interpreter of this process; it is a child, and ends after one answer."""
    from triton.runtime import interpreter  # the extra `kernels`

    builder, size = interpreter.interpreter_builder, [1, 1, 1]
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

    def grid_dim(x: int, y: int, z: int) -> None:
        size[:] = x, y, z
        real_dim(x, y, z)

    def grid_idx(x: int, y: int, z: int) -> None:
        real_idx(size[0] - 1 - x, size[1] - 1 - y, size[2] - 1 - z)

    builder.create_masked_load = load
    builder.set_grid_dim, builder.set_grid_idx = grid_dim, grid_idx
