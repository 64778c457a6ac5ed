"""What the benchmark measures: is it right, and each op, the layer and the logprobs on all sides.

What a call is, on each side: calls.py. How it is timed: stopwatch.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import sides
import torch
from calls import BOUNDS, Calls, layer_calls, logprob_calls, logprob_inputs, op_calls
from shapes import Shape, layer_inputs
from stopwatch import failures, race, told
from torch import Tensor

Row = dict[str, Any]
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


def measure(shape: Shape, routings: list[str], rounds: int, interpret: bool) -> Iterator[Row]:
    """All rows of one shape. Kernels that are wrong or fail are not timed; the rest still is."""
    device = "cpu" if interpret else "cuda"
    dtype = torch.float32 if interpret else torch.bfloat16
    for routing in routings:
        yield from guarded(routing, layer_rows(shape, routing, rounds, device, dtype))
    yield from guarded("-", logprob_rows(shape, rounds, device, dtype))


def guarded(routing: str, rows: Iterator[Row]) -> Iterator[Row]:
    """The rows with their routing; where our own kernels fail, a row that says so is the last."""
    try:
        for row in rows:
            yield {"routing": routing, **row}
    except failures() as error:
        yield {"routing": routing, "what": "failure", "failed": {"minir1": told(error)}}


def layer_rows(
    shape: Shape, routing: str, rounds: int, device: str, dtype: torch.dtype
) -> Iterator[Row]:
    """Is the layer right; then each op, and the layer as it samples and trains."""
    right = correctness(shape, routing, device, dtype)
    yield right
    if not right["ok"]:
        return
    for op, calls in op_calls(shape, routing, device, dtype).items():
        yield {"what": op, **race(calls, rounds, device == "cpu")}
    for what, calls in layer_calls(shape, routing, device, dtype):
        yield {"what": what, "differ": differences(calls), **race(calls, rounds, device == "cpu")}


def logprob_rows(shape: Shape, rounds: int, device: str, dtype: torch.dtype) -> Iterator[Row]:
    """The same for the logprobs."""
    right = logprob_correctness(shape, device, dtype)
    yield right
    if not right["ok"]:
        return
    for what, calls in logprob_calls(shape, device, dtype):
        yield {"what": what, "differ": differences(calls), **race(calls, rounds, device == "cpu")}


def differences(calls: Calls) -> dict[str, float]:
    """How far each side's results are from ours, at the size that is timed. A side that computes
    something else is no side to be faster than."""
    ours = results(calls["minir1"])
    found = {}
    for side in calls.keys() - {"minir1", *BOUNDS}:
        try:
            found[side] = apart(ours, results(calls[side]))
        except failures():
            continue  # `race` says why
    return found


def apart(ours: list[Tensor], theirs: list[Tensor]) -> float:
    """The largest root mean square difference of a pair, in units of ours."""
    pairs = [(a.double(), b.double()) for a, b in zip(ours, theirs, strict=True)]
    return max((float((a - b).norm() / a.norm()) for a, b in pairs), default=0.0)


def results(call: Callable[[], object]) -> list[Tensor]:
    """What a side computes, as a list."""
    made = call()
    several = made if isinstance(made, tuple) else (made,)
    return [x for x in several if isinstance(x, Tensor)]
