"""Expected and got: whether two plain values agree, and if not, where they first differ.

Numbers agree within a relative and an absolute tolerance: a right formula in another order
rounds otherwise. Types are compared by kind: any float tensor does for a float tensor, a list
for a tuple, a tensor of one number for a number. Everything else must be equal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor

from minir1.lab.grader.plain import Record

SHOWN = 60


@dataclass(frozen=True, slots=True)
class Tolerance:
    """|got - expected| <= absolute + relative * |expected|."""

    relative: float = 2e-4
    absolute: float = 2e-5


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where two values differ."""

    kind: str
    """"type", "shape" or "value"."""
    expected: str
    got: str
    where: str = ""
    """As Python would write it: "[0, 3]", ".answer"."""
    count: int = 1
    of: int = 1
    """`count` numbers out of `of` differ."""


def compare(expected: Any, got: Any, tolerance: Tolerance, where: str = "") -> Difference | None:
    """The first difference of two plain values, or None.

    >>> compare([1, 2.0], [1, 2.5], Tolerance()).where
    '[1]'
    """
    got = alike(expected, got)
    if kind(expected) != kind(got):
        return Difference("type", kind(expected), described(got), where)
    if isinstance(expected, Tensor):
        return compare_tensors(expected, got, tolerance, where)
    if isinstance(expected, list):
        if len(expected) != len(got):
            counts = (f"{len(expected)} items", f"{len(got)} items")
            return Difference("shape", *counts, where)
        pairs = ((f"[{i}]", a, b) for i, (a, b) in enumerate(zip(expected, got, strict=True)))
    elif isinstance(expected, dict | Record):
        mine, theirs = held(expected), held(got)
        if set(mine) != set(theirs):
            ours, yours = (f"fields {sorted(map(str, one))}" for one in (mine, theirs))
            return Difference("type", ours, yours, where)
        form = "[{!r}]" if isinstance(expected, dict) else ".{}"
        pairs = ((form.format(name), mine[name], theirs[name]) for name in mine)
    else:
        same = agree(expected, got, tolerance)
        return None if same else Difference("value", show(expected), show(got), where)
    for place, a, b in pairs:
        found = compare(a, b, tolerance, where + place)
        if found is not None:
            return found
    return None


def compare_tensors(
    expected: Tensor, got: Tensor, tolerance: Tolerance, where: str
) -> Difference | None:
    """The first difference of two tensors of one kind: their shapes, then their numbers."""
    if expected.shape != got.shape:
        return Difference("shape", str(list(expected.shape)), str(list(got.shape)), where)
    if expected.dtype == torch.bool or not (expected.is_floating_point() or expected.is_complex()):
        close = expected == got
    else:
        exact = torch.complex128 if expected.is_complex() else torch.float64
        close = torch.isclose(
            got.to(exact),
            expected.to(exact),
            rtol=tolerance.relative,
            atol=tolerance.absolute,
            equal_nan=True,
        )
    if bool(close.all()):
        return None
    wrong = (~close).nonzero()
    place = wrong[0].tolist()
    a, b = (show(t[tuple(place)].item()) for t in (expected, got))
    index = f"{place}" if place else ""
    return Difference("value", a, b, where + index, len(wrong), expected.numel())


def alike(expected: Any, got: Any) -> Any:
    """`got` in the form of `expected`, where the two forms mean the same."""
    number = isinstance(expected, bool | int | float)
    if number and isinstance(got, Tensor) and got.numel() == 1 and got.ndim == 0:
        got = got.item()
    if isinstance(expected, Tensor) and isinstance(got, bool | int | float) and not expected.ndim:
        whole = isinstance(got, bool) or not expected.is_floating_point()
        got = torch.tensor(got) if whole and abs(got) < 2**63 else torch.tensor(as_float(got))
    if isinstance(expected, list) and isinstance(got, Tensor) and got.ndim == 1:
        got = got.tolist()
    return got


def kind(value: Any) -> str:
    """What kind of value it is, in a learner's words."""
    if isinstance(value, Tensor):
        if value.dtype == torch.bool:
            return "a tensor of bools"
        if value.is_complex():
            return "a tensor of complex numbers"
        return "a tensor of floats" if value.is_floating_point() else "a tensor of integers"
    if isinstance(value, Record):
        return value.kind
    if value is None:
        return "None"
    if isinstance(value, bool):
        return "a bool"
    if isinstance(value, str):
        return "a text"
    return "a number" if not isinstance(value, list | dict) else f"a {type(value).__name__}"


def described(value: Any) -> str:
    """The kind of a value, and the value if it is short."""
    return (
        kind(value)
        if isinstance(value, Tensor | Record | None)
        else f"{kind(value)}, {show(value)}"
    )


def held(value: dict[Any, Any] | Record) -> dict[Any, Any]:
    return dict(value.fields) if isinstance(value, Record) else value


def agree(expected: Any, got: Any, tolerance: Tolerance) -> bool:
    """Whether two plain values that hold no others agree."""
    if isinstance(expected, float) or isinstance(got, float):
        a, b = as_float(expected), as_float(got)
        if math.isnan(a) or math.isnan(b):
            return math.isnan(a) and math.isnan(b)
        return a == b or abs(a - b) <= tolerance.absolute + tolerance.relative * abs(a)
    return expected == got


def as_float(value: int | float | Fraction) -> float:
    """A number as a float; one that is too large for a float is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def show(value: Any) -> str:
    """A value in few characters."""
    text = f"{value:.6g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
