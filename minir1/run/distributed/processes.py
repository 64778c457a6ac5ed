"""Many processes: they share work, gather results, and agree.

Every process knows the whole step: which problems it asks, which micro-batches it has. It does
the pieces that are its own, hears of all results, and goes on from the same numbers as the
others. So rewards, advantages, metrics and the router's bias need no code for many processes.

A call that stands here is a meeting: all processes must come to it, in the same order.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.tensor import DTensor

from minir1.config import Config, ParallelConfig
from minir1.model.transformer import Transformer
from minir1.rl.batch import even_out
from minir1.run.device import use_cores
from minir1.run.distributed.links import rates
from minir1.run.distributed.saving import ShardedSaving
from minir1.run.distributed.shard import Layout, shard, spread, whole_copy

Item = TypeVar("Item")
Value = TypeVar("Value")

SHARED_ERRORS = (ValueError, OSError)
"""Errors with a cause that a user can mend: all processes hear of them and stop alike."""


class Silent:
    """Stands in for a diary, a ledger or a progress line where another process writes it."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *args, **options: None

    def __enter__(self) -> Silent:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Processes(ShardedSaving):
    """The processes that a launcher started. `join` makes it."""

    def __init__(self, parallel: ParallelConfig, device: torch.device) -> None:
        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        self._device, self.parallel = device, parallel
        self.layout = Layout.make(device, self.size, parallel)

    def device(self, name: str) -> torch.device:
        return self._device

    def workers(self, threads: int, device: torch.device) -> int:
        # One: threads would come to the meetings inside a model in the order of the clock.
        return use_cores(1, device)

    def even_out(self, parts: Any, lengths: Sequence[int], cut: Any, cost: Any) -> list[list[int]]:
        return even_out(parts, lengths, self.size, cut, cost)

    def bring(self, batch: Any) -> Any:
        # With an offloaded optimizer the parameters lie in the host's memory, and batches with
        # them; the passes still run on the GPU.
        return batch.to(self._device)

    def gather(self, value: Any) -> list[Any]:
        found: list[Any] = [None] * self.size
        dist.all_gather_object(found, value)
        return found

    def together(self, work: Callable[[], Value]) -> list[Value]:
        """What `work` gives in each process; if it fails in any, the first error, in all."""
        try:
            mine = (work(), None)
        except SHARED_ERRORS as error:
            mine = (None, error)
        everyone = self.gather(mine)
        if mine[1] is not None:
            raise mine[1]
        for rank, (_, error) in enumerate(everyone):
            if error is not None:
                error.add_note(f"(in process {rank} of {self.size})")
                raise error
        return [value for value, _ in everyone]

    def each(
        self,
        work: Callable[[Item], Value],
        items: Iterable[Item],
        *,
        idle: Item | None = None,
        workers: int = 1,
    ) -> Iterator[Value]:
        """Dealt out like cards: process r does items r, r + size, r + 2 size, ..."""
        assert workers == 1, "processes do not share their part with threads"
        items = list(items)
        mine = items[self.rank :: self.size]

        def my_part() -> list[Value]:
            done = [work(item) for item in mine]
            if idle is not None:
                rounds = -(-len(items) // self.size)
                for _ in range(rounds - len(mine)):
                    work(idle)
            return done

        everyone = self.together(my_part)
        return (everyone[i % self.size][i // self.size] for i in range(len(items)))

    def once(self, work: Callable[[], Value]) -> Value:
        results = self.together(work if self.is_main else cast(Callable[[], Value], lambda: None))
        return results[0]

    def any(self, flag: bool) -> bool:
        return any(self.gather(bool(flag)))

    def on_main(self, thing: Value) -> Value:
        return thing if self.is_main else cast(Value, Silent())

    def beat(self, step: int) -> None:
        dist.distributed_c10d._get_default_store().set(f"beat/{self.rank}", f"{step} {time.time()}")

    def links(self) -> dict[str, float]:
        if self.size == 1:
            return {}
        owners = self.layout.experts["ep"]
        group = owners if owners.size() > 1 else self.layout.everyone
        return rates(self._device, self.layout.everyone.get_group(), group.get_group())

    @torch.no_grad()
    def clip(self, parameters: Sequence[Tensor], max_norm: float) -> float:
        """Each number of the gradient lies in exactly one process, whatever its mesh.

        So the squares of what lies here, summed over all processes, are the whole norm.
        """
        grads = [p.grad for p in parameters if p.grad is not None]
        local = [g.to_local() if isinstance(g, DTensor) else g for g in grads]
        squares = torch.stack([g.double().square().sum() for g in local]).sum().to(self._device)
        dist.all_reduce(squares)
        norm = float(squares.sqrt())
        for gradient in local:
            gradient.mul_(min(1.0, max_norm / (norm + 1e-6)))
        return norm

    def place(
        self, make: Callable[[], Transformer], config: Config, device: torch.device
    ) -> Transformer:
        """Only the main process makes the model whole. The others get their parts from it."""
        made: list[Transformer] = []
        self.once(lambda: made.append(make()))
        model = self._empty(config, device)
        spread(made[0].state_dict() if made else None, model, device)
        return model

    def twin(self, model: Transformer, config: Config, device: torch.device) -> Transformer:
        twin = self._empty(config, device)
        self.refresh(twin, model)
        return twin

    def _empty(self, config: Config, device: torch.device) -> Transformer:
        """A model in parts whose numbers are still to come: no process ever has it whole."""
        model = Transformer(config.model, device="meta")
        shard(model, device, config.parallel, self.layout)
        model.to_empty(device="cpu" if config.parallel.offload_optimizer else device)
        for part in model.modules():  # FSDP offloads parameters only: a pass needs buffers at hand
            for name, buffer in part.named_buffers(recurse=False):
                setattr(part, name, buffer.to(device))
        return model

    @contextmanager
    def replica(self, model: Transformer) -> Iterator[Transformer]:
        """Weights are gathered shard by shard, and freed when the `with` ends."""
        dtype = getattr(torch, self.parallel.dtype)
        copy = whole_copy(model, self._device, dtype)
        try:
            yield copy
        finally:  # whoever still holds the model holds no memory by it
            copy.to("meta")

    def refresh(self, twin: Transformer, original: Transformer) -> None:
        twin.load_state_dict(original.state_dict())
        cast(Any, twin).reshard()  # what it had gathered for its last forward pass is old now
