"""What the benchmark measures: is it right, and each op, the layer and the logprobs on all sides.

The tuner (tune.py) times the same calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import sides
import torch
from shapes import Shape, layer_inputs
from stopwatch import race
from torch import Tensor

Row = dict[str, Any]
Calls = dict[str, Callable[[], object]]
NAMES = ("out", "d_x", "d_weight", "d_gate_up", "d_down")


def correctness(shape: Shape, routing: str, device: str, dtype: torch.dtype) -> Row:
    """On 512 tokens: the errors of the layer and of torch's against float64; whether a second
    run leaves the same bits, and whether tokens keep theirs when half of their batch leaves."""
    few = replace(shape, N=min(shape.N, 512))
    inputs = layer_inputs(few, routing, device, dtype)
    upstream = torch.randn(few.N, few.D, device=device).to(dtype)

    def run(layer: sides.Layer, double: bool = False) -> list[Tensor]:
        cast = [x.double() if double and x.is_floating_point() else x for x in inputs]
        leaves = [x.detach().requires_grad_(x.is_floating_point()) for x in cast]
        out = layer(*leaves)
        wanted = [x for x in leaves if x.requires_grad]
        return [out.detach(), *torch.autograd.grad(out, wanted, upstream.to(out.dtype))]

    layer, half = sides.layers(device == "cpu")["minir1"], few.N // 2
    ours = run(layer)
    errors, right = compare(NAMES, ours, run(sides.spec), run(sides.spec, double=True))
    again = all(map(torch.equal, ours, run(layer)))
    with torch.no_grad():
        x, idx, weight, gate_up, down = inputs
        alone = layer(x[:half], idx[:half], weight[:half], gate_up, down)
    steady = torch.equal(alone, ours[0][:half])
    # numpy's products, the interpreter's, feel where a row stands in its tile.
    right &= again and (steady or device == "cpu")
    return {"what": "correctness", "errors": errors, "again": again, "batch": steady, "ok": right}


def compare(
    names: Sequence[str], ours: list[Tensor], plain: list[Tensor], exact: list[Tensor]
) -> tuple[dict[str, list[float]], bool]:
    """Root mean square errors, ours and torch's, and whether ours are small enough."""
    errors, right = {}, True
    for name, a, b, c in zip(names, ours, plain, exact, strict=True):
        mine, theirs, size = (float(t.double().square().mean().sqrt()) for t in (a - c, b - c, c))
        errors[name] = [mine, theirs]
        # Not so if an error is not a number.
        right &= mine <= 1.1 * theirs + torch.finfo(a.dtype).eps * size
    return errors, right


def logprob_correctness(shape: Shape, device: str, dtype: torch.dtype) -> Row:
    """The same for 256 tokens' logprobs and their gradients."""
    hidden, words, targets = logprob_inputs(
        replace(shape, rows=min(shape.rows, 256)), device, dtype
    )

    def run(call: Callable[..., Tensor], double: bool = False) -> list[Tensor]:
        cast = [x.double() if double else x.detach() for x in (hidden, words)]
        leaves = [x.requires_grad_() for x in cast]
        out = call(*leaves, targets)
        return [out.detach(), *torch.autograd.grad(out.sum(), leaves)]

    def exactly(h: Tensor, w: Tensor, t: Tensor) -> Tensor:
        return torch.log_softmax(h @ w.T, dim=-1).gather(-1, t[:, None])[:, 0]

    found = sides.logprobs(device == "cpu")
    sided = run(found["minir1"]), run(found["torch"]), run(exactly, double=True)
    errors, right = compare(("logprob", "d_hidden", "d_vocabulary"), *sided)
    again = all(map(torch.equal, sided[0], run(found["minir1"])))
    return {
        "what": "correctness", "errors": errors, "again": again, "batch": None,
        "ok": right and again,
    }  # fmt: skip


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


def measure(shape: Shape, routings: list[str], rounds: int, interpret: bool) -> Iterator[Row]:
    """All rows of one shape; none is timed if the kernels are wrong."""
    device = "cpu" if interpret else "cuda"
    dtype = torch.float32 if interpret else torch.bfloat16
    for routing in routings:
        right = correctness(shape, routing, device, dtype)
        yield {"routing": routing, **right}
        if not right["ok"]:
            return
        for op, calls in op_calls(shape, routing, device, dtype).items():
            yield {"what": op, "routing": routing, "ms": race(calls, rounds, interpret)}
        for what, calls in layer_calls(shape, routing, device, dtype):
            yield {"what": what, "routing": routing, "ms": race(calls, rounds, interpret)}
    right = logprob_correctness(shape, device, dtype)
    yield {"routing": "-", **right}
    if not right["ok"]:
        return
    for what, calls in logprob_calls(shape, device, dtype):
        yield {"what": what, "routing": "-", "ms": race(calls, rounds, interpret)}
