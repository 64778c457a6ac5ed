"""How often Python waits for the GPU, counted without one.

A GPU works through a queue. Whoever reads a number of a tensor waits until the queue is empty, and
the GPU then has nothing to do until the next call comes. The calls that wait on a GPU are the same
on a CPU, where they can be counted.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from minir1.config import OptimConfig
from minir1.model import compiler
from minir1.model.dispatch import choose_backend
from minir1.rl.batch import collate
from minir1.rl.compiled import CompiledStep, write
from minir1.rl.loss import policy_loss
from minir1.rl.rollout import sample
from minir1.rl.sampling import row_key
from minir1.rl.update import update
from minir1.run.optim import build_optimizer

CPU = torch.device("cpu")
COPIES = (Tensor.cpu, Tensor.tolist, Tensor.numpy)
WAITING = {
    "item": 1, "_local_scalar_dense": 1, "is_nonzero": 1, "equal": 1, "nonzero": 1,
    "masked_select": 1, "masked_scatter_backward": 1,
    "bincount": 2,  # for the smallest and the largest number
}  # fmt: skip


class Operations(TorchDispatchMode):
    """Counts operations that can't end before the GPU has told a number."""

    waits = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func._schema.name.removeprefix("aten::")
        self.waits += WAITING.get(name, 0)
        if name in ("index", "index_put", "index_put_", "_index_put_impl_"):  # where a mask is true
            self.waits += sum(i is not None and i.dtype == torch.bool for i in args[1])
        return func(*args, **(kwargs or {}))


class Copies(TorchFunctionMode):
    """Counts copies from the GPU, and lists that become a tensor there."""

    waits = 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        sent = func in (torch.tensor, torch.as_tensor) and (kwargs or {}).get("device")
        self.waits += bool(sent or func in COPIES or (func is Tensor.to and "cpu" in args))
        return func(*args, **(kwargs or {}))


def waits_of(work: Callable[[], object]) -> int:
    with ExitStack() as stack:
        counters = [stack.enter_context(counter()) for counter in (Operations, Copies)]
        work()
    return sum(counter.waits for counter in counters)


@pytest.mark.parametrize(
    "work, waits",
    [
        (lambda x: x + x[x.long()], 0),
        (lambda x: x.sum().item(), 1),
        (lambda x: float(x[0]) if x.any() else 0, 2),
        (lambda x: x.to("cpu", torch.int16).tolist(), 2),
        (lambda x: x[x > 1], 1),
        (lambda x: torch.nonzero(x), 1),
        (lambda x: x.long().bincount(), 2),
        (lambda x: x[torch.tensor([0, 1], device=x.device)], 1),
    ],
)
@pytest.mark.parametrize("mode", [torch.inference_mode, torch.enable_grad])
def test_what_waits_is_counted(mode, work, waits) -> None:
    x = torch.tensor([0.0, 1.0, 2.0])
    with mode():
        assert waits_of(lambda: work(x)) == waits


@pytest.fixture(params=["dense", "torch", "triton"])
def model(request, make_model, monkeypatch):
    """A tiny model without experts, or with experts of each backend."""
    config = make_model().config
    if request.param == "dense":
        return make_model(config=replace(config, n_dense_layers=config.n_layers))
    if request.param == "triton":
        pytest.importorskip("triton")
        # The interpreter looks at every index, which a GPU is never asked for.
        for name in ("moe", "router", "logprob"):
            monkeypatch.setattr(f"minir1_kernels.{name}.check_indices", lambda *_: None)
    model = make_model()
    model.use_backend(choose_backend(request.param, CPU))
    return model


def counting(model) -> int:
    """The specification's loop over experts asks each layer for the lengths of its turns."""
    return model.config.n_moe_layers if model.backend and model.backend.name == "torch" else 0


def a_token(model, **options) -> float:
    """Waits a token of a sampler whose rows all go on: what more tokens add."""

    def waits(tokens: int) -> int:
        prompts, keys = [[1, 5], [1], [1, 5]], [row_key(0, 0, i, 0) for i in range(3)]
        return waits_of(
            lambda: sample(model, prompts, keys, max_new_tokens=tokens, eos_id=-1, **options)
        )

    return (waits(4) - waits(2)) / 2


def test_the_sampler_waits_once_a_token(model) -> None:
    """It asks whether all rows have ended."""
    options = {"record_experts": True} if model.config.n_moe_layers else {"share_prompts": True}
    assert a_token(model) == a_token(model, **options) == 1 + counting(model)


def test_the_compiled_sampler_waits_once_a_token(make_model, monkeypatch) -> None:
    monkeypatch.setattr(compiler, "missing_tool", lambda: "")
    step = CompiledStep(CPU)
    monkeypatch.setattr(step, "program", write)
    model = make_model(config=replace(make_model().config, n_dense_layers=2))
    assert a_token(model, compiled=step) == 1


@pytest.mark.parametrize("pack", [False, True])
def test_how_often_a_micro_batch_waits_has_nothing_to_do_with_layers(
    model, random_rollouts, pack
) -> None:
    """For its rows and their width, where they speak, its numbers and load; packed, twice more."""
    batch = collate(random_rollouts(4), [1.0, -1.0] * 2)
    optimizer = build_optimizer(model, OptimConfig())

    def waits(micro_batch_tokens: int) -> tuple[int, int]:
        parts = []

        def loss_fn(logprobs, part):
            parts.append(part)
            return policy_loss(logprobs, part).total

        optim = OptimConfig(micro_batch_tokens=micro_batch_tokens, pack=pack)
        return waits_of(lambda: update(model, optimizer, batch, optim, loss_fn)), len(parts)

    (many, parts), (few, one) = waits(1), waits(1000)
    assert (parts, one) == (4, 1)
    own = 4 + (model.config.n_moe_layers > 0) + 2 * pack
    assert (many - few) / (parts - one) == own + counting(model)
