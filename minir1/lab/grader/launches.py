"""Who wrote the result: a kernel, or torch beside it?

A kernel exercise asks for a kernel, and the right numbers alone don't show that there was one:
`out.copy_(what torch computes)` has them, too. So the interpreter is watched. Each launch opens a
grid, and each store goes through one place, where its addresses are known. Afterwards every
number that changed must lie where a kernel stored something. Memory that was filled with zeros
before the launch is fine: kernels that add with atomics need that.

What it can't see: a kernel that copies a result which torch computed. Who writes that knows what
they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

NOT_LAUNCHED = "judge.not_launched"
OUTSIDE = "judge.outside_the_kernel"


class Launches:
    """The launches and stores of this process's interpreter since the last `forget`."""

    def __init__(self) -> None:
        self.count = 0
        self._stores: list[np.ndarray] = []

    def watch(self) -> None:
        """Look on from now on; the process is a child, and ends after its answers."""
        from triton.runtime import interpreter  # the extra `kernels`

        builder: Any = interpreter.interpreter_builder
        real_dim, real_store = builder.set_grid_dim, builder.create_masked_store
        real_add, real_swap = builder.create_atomic_rmw, builder.create_atomic_cas

        def grid_dim(*dims: int) -> None:
            self.count += 1
            real_dim(*dims)

        def store(ptrs: Any, value: Any, mask: Any, *rest: Any, **named: Any) -> Any:
            self._note(ptrs, mask)
            return real_store(ptrs, value, mask, *rest, **named)

        def add(operation: Any, ptrs: Any, value: Any, mask: Any, *rest: Any) -> Any:
            self._note(ptrs, mask)
            return real_add(operation, ptrs, value, mask, *rest)

        def swap(ptrs: Any, *rest: Any) -> Any:
            self._note(ptrs)
            return real_swap(ptrs, *rest)

        builder.set_grid_dim, builder.create_masked_store = grid_dim, store
        builder.create_atomic_rmw, builder.create_atomic_cas = add, swap

    def _note(self, ptrs: Any, mask: Any = None) -> None:
        """Remember the addresses of one store."""
        places = np.asarray(ptrs.data).astype(np.int64)
        kept = True if mask is None else np.broadcast_to(mask.data, places.shape).astype(bool)
        self._stores.append(places[np.broadcast_to(kept, places.shape)].ravel())

    def forget(self) -> None:
        """Before a case: nothing was launched yet."""
        self.count = 0
        self._stores.clear()

    def seen(self, before: Tensor, now: Tensor) -> dict[str, int]:
        """How many launches there were, and how many changed numbers no kernel stored."""
        places = addresses(now)[(now != before) & (now != 0)].numpy()
        stored = np.concatenate([*self._stores, np.zeros(0, np.int64)])
        outside = int((~np.isin(places, stored)).sum())
        return {"launches": self.count, "outside": outside}


def addresses(tensor: Tensor) -> Tensor:
    """Where in memory each number of a tensor lies.

    >>> x = torch.zeros(2, 3)
    >>> (addresses(x) - x.data_ptr()).tolist()
    [[0, 4, 8], [12, 16, 20]]
    """
    steps = torch.zeros(tensor.shape, dtype=torch.long)
    for axis, (size, stride) in enumerate(zip(tensor.shape, tensor.stride(), strict=True)):
        form = [size if one == axis else 1 for one in range(tensor.ndim)]
        steps += (torch.arange(size) * stride).view(form)
    return tensor.data_ptr() + tensor.element_size() * steps


def without_kernel(answer: Mapping[str, Any]) -> str:
    """Why a right result is no kernel's: a key of the word table, or "" if it is one's.

    >>> without_kernel({"value": 1, "launches": 1, "outside": 0})
    ''
    """
    if not answer.get("launches"):
        return NOT_LAUNCHED
    return "" if answer.get("outside") == 0 else OUTSIDE
