"""The processes of a run. This is the only file that may name torch.distributed.

One process is not a special case with an `if` around it: it is a `World` of size 1,
whose sum over all processes is the value itself and whose barrier has nobody to wait
for. Code that asks the world the same questions on one process and on many stays one
code path.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class World:
    """One process, alone.

    >>> world = World()
    >>> world.is_main, world.sum(3.5)
    (True, 3.5)
    """

    rank: int = 0
    size: int = 1

    @property
    def is_main(self) -> bool:
        """Whether this process writes the files and talks to the terminal."""
        return self.rank == 0

    def sum(self, value: Value) -> Value:
        """The sum of `value` over all processes."""
        return value

    def barrier(self) -> None:
        """Wait until every process has come here."""
