"""What the benchmark times and the tuner tunes: each op, the layer and the logprobs, by side.

{"minir1": call, "grouped_mm": call, ...}      calls without arguments, on the same tensors
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sides
import torch
from shapes import Shape, layer_inputs
from torch import Tensor

Calls = dict[str, Callable[[], object]]
BOUNDS = ("cuBLAS bmm", "matmul")
"""Sides that compute a part only: what no side can beat."""


def op_calls(shape: Shape, routing: str, device: str, dtype: torch.dtype) -> dict[str, Calls]:
    """Each op alone, on what the op before it really gives."""
    from minir1_kernels.combine import combine
    from minir1_kernels.down_dh import down_dh
    from minir1_kernels.dw import down_dw, up_dw
    from minir1_kernels.grouped import down, up_dx
    from minir1_kernels.route import Rule
    from minir1_kernels.router import route
    from minir1_kernels.sort import sort
    from minir1_kernels.up import up

    x, idx, weight, w1, w2 = layer_inputs(shape, routing, device, dtype)
    rows = sort(idx, shape.E)
    h, a = up(x, w1, rows, keep_h=True)
    assert h is not None
    y, dout = down(a, w2, rows), torch.randn_like(x)
    dh, scaled, _ = down_dh(dout, w2, weight, h, rows)
    logits = torch.randn(shape.N, shape.E, device=device)
    bias, rule = torch.zeros(shape.E, device=device), Rule(k=shape.K)
    ours: Calls = {
        "route": lambda: route(logits, bias, None, rule),
        "sort": lambda: sort(idx, shape.E),
        "up": lambda: up(x, w1, rows, keep_h=True),
        "down": lambda: down(a, w2, rows),
        "combine": lambda: combine(y, rows, shape.N, weight),
        "down_dh": lambda: down_dh(dout, w2, weight, h, rows),
        "down_dw": lambda: down_dw(dout, scaled, rows),
        "up_dx": lambda: up_dx(dh, w1, rows),
        "up_dw": lambda: up_dw(dh, x, rows),
    }
    calls = {op: {"minir1": call} for op, call in ours.items()}
    calls["route"]["torch"] = lambda: sides.torch_route(logits, bias, shape.K)
    calls["sort"]["torch"] = lambda: idx.flatten().sort(stable=True)
    # A copy that moves as many bytes: what the memory can do in this run.
    blank = torch.empty(shape.R + shape.N, shape.D, dtype=dtype, device=device)
    calls["combine"]["copy"] = lambda: blank[: len(blank) // 2].clone()
    return calls


def layer_calls(
    shape: Shape, routing: str, device: str, dtype: torch.dtype
) -> Iterator[tuple[str, Calls]]:
    """The whole layer on every side, forward alone and as training runs it."""
    inputs = layer_inputs(shape, routing, device, dtype)
    found = sides.layers(device == "cpu")
    for what, timed in (("layer", sides.forward_of), ("layer training", sides.training_of)):
        calls = {name: timed(call, inputs) for name, call in found.items()}
        if routing == "balanced":
            lined_up = torch.randn(shape.E, shape.R // shape.E, shape.D, device=device).to(dtype)
            calls["cuBLAS bmm"] = timed(sides.bmm, (lined_up, *inputs[3:]))
        yield what, calls


def logprob_inputs(shape: Shape, device: str, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Hidden states, a vocabulary that gives logits of about 1, and targets."""
    rng = torch.Generator(device).manual_seed(0)
    hidden = torch.randn(shape.rows, shape.D, generator=rng, device=device)
    words = torch.randn(shape.V, shape.D, generator=rng, device=device) * shape.D**-0.5
    targets = torch.randint(shape.V, (shape.rows,), generator=rng, device=device)
    return hidden.to(dtype), words.to(dtype), targets


def logprob_calls(shape: Shape, device: str, dtype: torch.dtype) -> Iterator[tuple[str, Calls]]:
    """Token logprobs on every side; a bound is the product alone."""
    inputs = logprob_inputs(shape, device, dtype)
    found = sides.logprobs(device == "cpu")
    bound = {"matmul": sides.forward_of(lambda h, w, t: h @ w.T, inputs)}
    yield "logprob", {n: sides.forward_of(call, inputs) for n, call in found.items()} | bound
    yield "logprob training", {n: sides.training_of(call, inputs) for n, call in found.items()}
