"""A diary of the meetings inside a training pass: which collective, and how many bytes."""

from __future__ import annotations

from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode

from minir1.run.distributed.simulate import COLLECTIVES


class Diary(TorchDispatchMode):
    """While it is open, it writes down each collective in the order of time."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[tuple[str, int]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func._schema.name.partition("::")[2]
        if name in COLLECTIVES:
            kind, place = COLLECTIVES[name]
            whole = args[place] if isinstance(args[place], list | tuple) else [args[place]]
            self.events.append((kind, sum(one.numel() * one.element_size() for one in whole)))
        return func(*args, **(kwargs or {}))
