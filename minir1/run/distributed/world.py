"""One process, alone: the null object of `processes.py`.

It shares out nothing, waits for nobody, and keeps whole what many would cut into parts. Every
stage is written for a `World` and doesn't know which one it has.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from minir1.config import Config
from minir1.model.transformer import Transformer
from minir1.rl.parallel import Peers
from minir1.run import checkpoint
from minir1.run.checkpoint import Checkpoint
from minir1.run.device import pick_device, use_cores
from minir1.run.distributed.recompute import recompute_blocks

Value = TypeVar("Value")


class World(Peers):
    """One process, alone.

    >>> world = World()
    >>> world.is_main, world.size, world.gather(3.5), world.any(False)
    (True, 1, [3.5], False)
    """

    rank: int = 0
    size: int = 1

    @property
    def is_main(self) -> bool:
        """Whether this process writes the run's files and talks to the terminal."""
        return self.rank == 0

    def device(self, name: str) -> torch.device:
        """The device of this process, where the config asks for the device `name`."""
        return pick_device(name)

    def workers(self, threads: int, device: torch.device) -> int:
        """How many threads share this process's part of the work."""
        return use_cores(threads, device)

    def once(self, work: Callable[[], Value]) -> Value:
        """Do it in one process; all get its result, or its error."""
        return work()

    def any(self, flag: bool) -> bool:
        """Whether it is so in any process. All ask at the same step, so all hear the same."""
        return flag

    def on_main(self, thing: Value) -> Value:
        """`thing` in the process that writes the files, and a silent stand-in in the others."""
        return thing

    def beat(self, step: int) -> None:
        """Say that this process has come to `step`: who is silent later was last heard here."""

    def links(self) -> dict[str, float]:
        """Bytes a second between the processes, of each collective (links.py); alone, none."""
        return {}

    def place(
        self, make: Callable[[], Transformer], config: Config, device: torch.device
    ) -> Transformer:
        """The model that `make` gives, where it will be trained."""
        model = make().to(device)
        if config.parallel.activation_checkpointing:
            recompute_blocks(model)
        return model

    def twin(self, model: Transformer, config: Config, device: torch.device) -> Transformer:
        """Another model with the same weights, such as the reference."""
        return copy.deepcopy(model)

    @contextmanager
    def replica(self, model: Transformer) -> Iterator[Transformer]:
        """A whole model to sample from, for as long as the `with` lasts."""
        yield model

    def refresh(self, twin: Transformer, original: Transformer) -> None:
        """Give a twin the weights that the original has now."""
        twin.load_state_dict(original.state_dict())

    def save(self, root: Path, stage: str, step: int, **contents: Any) -> Path:
        """Write a checkpoint (`checkpoint.save`)."""
        return checkpoint.save(root, stage, step, **contents)

    def latest(
        self,
        root: Path,
        stage: str,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        extra: Mapping[str, Tensor],
    ) -> Checkpoint | None:
        """The last good checkpoint, cut as the given model, optimizer and tensors are."""
        return checkpoint.latest(root, stage)

    def files_seen_by_all(self, paths: Sequence[Path]) -> None:
        """A ValueError, unless every process sees these files."""


SOLO = World()
