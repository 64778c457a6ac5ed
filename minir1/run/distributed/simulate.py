"""One process that plays one of many: the real code, on tensors that have shapes and no data.

    fake process group     every collective returns at once, and moves nothing
    fake tensors           every operation gives a shape, and computes nothing
    MemTracker of FSDP     adds up the memory that these tensors would take, by kind
    Meter                  adds up the bytes that the collectives would move

So a laptop runs one training step of a model of 16B weights on 8 GPUs, as it is written, and
sees what it needs. Routing is taken to be balanced: tokens without data can't be counted.

In the prompt's journey: before it; `plan/dry_run.py` asks here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
import torch.distributed as dist
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.distributed._tools.fsdp2_mem_tracker import FSDPMemTracker
from torch.testing._internal.distributed.fake_pg import FakeStore
from torch.utils._python_dispatch import TorchDispatchMode

from minir1.config import Config
from minir1.model.moe import Experts
from minir1.model.transformer import Transformer
from minir1.rl.logprobs import logprobs_torch
from minir1.run.distributed.attention import attend_as_a_gpu
from minir1.run.distributed.shard import Layout, shard

COLLECTIVES = {
    "_allgather_base_": ("all-gather", 0),
    "allgather_into_tensor_coalesced_": ("all-gather", 0),
    "_reduce_scatter_base_": ("reduce-scatter", 1),
    "reduce_scatter_tensor_coalesced_": ("reduce-scatter", 1),
    "alltoall_base_": ("all-to-all", 1),
}
"""torch's name of a collective: ours, and which argument is the whole that it works on."""


class Meter(TorchDispatchMode):
    """Sums the payload of every collective, in bytes."""

    def __init__(self) -> None:
        super().__init__()
        kinds = ("all-gather", "reduce-scatter", "all-to-all")
        self.bytes: dict[str, int] = dict.fromkeys(kinds, 0)
        self.calls = dict.fromkeys(self.bytes, 0)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func._schema.name.partition("::")[2]
        if name in COLLECTIVES:
            kind, place = COLLECTIVES[name]
            whole = args[place]
            for tensor in whole if isinstance(whole, list | tuple) else [whole]:
                self.bytes[kind] += tensor.numel() * tensor.element_size()
            self.calls[kind] += 1
        return func(*args, **(kwargs or {}))


@contextlib.contextmanager
def pretended(processes: int) -> Iterator[None]:
    """A world of `processes` in which only this one, the first, exists."""
    dist.init_process_group("fake", rank=0, world_size=processes, store=FakeStore())
    try:
        yield
    finally:
        dist.destroy_process_group()


def simulate(
    config: Config, processes: int, tokens: int, length: int, *, as_a_gpu: bool = False
) -> dict[str, Any]:
    """One training pass over `tokens` tokens a process: bytes at the peak, and bytes moved.

    With `as_a_gpu`, attention keeps what a GPU's kernel would (`attention.py`).
    """
    with pretended(processes):
        layout = Layout.make(torch.device("cpu"), processes, config.parallel)
        model = Transformer(config.model, device="meta")
        shard(model, torch.device("cpu"), config.parallel, layout)
        with FakeTensorMode(allow_non_fake_inputs=True):
            model.to_empty(device="cpu")
            if as_a_gpu:
                attend_as_a_gpu(model)
            return measure(model, tokens, length)


def measure(model: Transformer, tokens: int, length: int) -> dict[str, Any]:
    """The same, of a model that is in parts already, on tensors of any kind.

    A second pass, by which gradients exist from the start, is the one that counts.
    """
    balance(model, tokens)
    # The tracker sees a model only where it is called by its own name.
    model.forward = partial(Transformer.hidden, model)  # type: ignore[method-assign]
    ids = torch.zeros(tokens // length, length, dtype=torch.long)
    one_pass(model, ids)
    meter, tracker = Meter(), FSDPMemTracker(model)  # type: ignore[arg-type]
    tracker.track_inputs((ids,))
    with tracker, meter:
        one_pass(model, ids)
    (peak,) = tracker.get_tracker_snapshot("peak").values()
    memory = {str(getattr(kind, "value", kind)): size for kind, size in peak.items()}
    return {"memory": memory, "traffic": meter.bytes, "calls": meter.calls}


def one_pass(model: Transformer, ids: torch.Tensor) -> None:
    """Forward, the log-probability of every token, and backward."""
    hidden = model(ids).flatten(0, 1)
    logprobs, _ = logprobs_torch(hidden, model.vocabulary, ids.flatten(), 1.0)
    logprobs.sum().backward()


def balance(model: Transformer, tokens: int) -> None:
    """Tell the experts how many rows each gets, in place of letting them count."""
    experts, k = model.config.n_routed_experts, model.config.n_activated_experts
    rows = tokens * k
    splits = [rows // experts + (i < rows % experts) for i in range(experts)]
    for module in model.modules():
        if isinstance(module, Experts):
            module.run = partial(module.run, splits=splits)
