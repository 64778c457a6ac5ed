"""Call a function on a case: its value, its gradients, and whether it changed its inputs.

The child calls the answer this way and the parent the package's function, so both sides go
through the same steps. What is differentiated is the sum of the result, each number times a
weight that depends on its place: without weights, a mistake that moves gradient from one place
to another could cancel. The gradient of a model is that of its weights.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn

from minir1.lab.grader.exercise import Case
from minir1.lab.grader.launches import Launches
from minir1.lab.grader.plain import plain
from minir1.lab.spmd import together


def call(
    function: Callable[..., Any], case: Case, launches: Launches | None = None
) -> dict[str, Any]:
    """The plain value, the gradients asked for, and the inputs that were changed in place.

    With `launches`, also what kernels had to do with the value.
    """
    args = [copy.deepcopy(argument) for argument in case.args]
    kwargs = copy.deepcopy(dict(case.kwargs))
    for place in case.grad:
        if isinstance(args[place], Tensor):
            args[place] = args[place].detach().requires_grad_()
    if launches is not None:
        launches.forget()
    value = together(function, args) if case.world else function(*args, **kwargs)
    if case.take is not None:
        value = list(islice(value, case.take))
    result: dict[str, Any] = {"changed": changed(case, args)}
    if case.after is not None:
        value = args[case.after]
        if launches is not None:
            result |= launches.seen(case.args[case.after], value)
    result["value"] = plain(value)
    if case.grad:
        root = part_of(value, case.of)
        inputs = [tensor for place in case.grad for tensor in tensors_of(args[place])]
        result["grads"] = gradients(root, inputs)
    return result


def part_of(value: Any, name: str | int) -> Any:
    """What is differentiated: the value, a field of it, or one of several values."""
    if isinstance(name, int):
        return value[name] if isinstance(value, list | tuple) and name < len(value) else None
    return getattr(value, name, None) if name else value


def tensors_of(argument: Tensor | nn.Module) -> list[Tensor]:
    """What an argument holds that a gradient can reach: itself, or a model's weights."""
    return [argument] if isinstance(argument, Tensor) else list(argument.parameters())


def gradients(root: Any, inputs: list[Tensor]) -> list[Tensor] | None:
    """The gradient of each input, zeros where it has no influence; None if nothing is tracked."""
    if not isinstance(root, Tensor) or not root.requires_grad:
        return None
    weights = torch.cos(torch.arange(root.numel(), dtype=torch.float32)).view(root.shape)
    found = torch.autograd.grad((root * weights).sum(), inputs, allow_unused=True)
    pairs = zip(inputs, found, strict=True)
    return [torch.zeros_like(x) if grad is None else grad.detach() for x, grad in pairs]


def changed(case: Case, args: list[Any]) -> list[int]:
    """Positions of tensors and lists that are no longer what they were."""
    return [
        place
        for place, (before, now) in enumerate(zip(case.args, args, strict=True))
        if place != case.after
        and (
            not torch.equal(before, now.detach())
            if isinstance(before, Tensor)
            else isinstance(before, list) and plain(before) != plain(now)
        )
    ]
