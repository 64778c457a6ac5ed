"""Values as plain data: what an answer returns crosses a pipe without pickle.

    value  --plain-->  numbers, texts, lists, dicts, tensors, `Record`
           --pack--->  one line of JSON, then the tensors as safetensors bytes
           --unpack->  the same plain data, in the parent

To unpickle is to run code, and this code would come from the process that runs the answer. JSON
and safetensors hold data and nothing else.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from safetensors.torch import load, save

MAX_DEPTH = 50
MAX_NUMBERS = 4_000_000
"""Numbers of one tensor; no exercise needs more than some thousands."""


@dataclass(frozen=True, slots=True)
class Record:
    """An object with named fields: a dataclass, or anything else by the name of its type."""

    kind: str
    fields: Mapping[str, Any]

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self.fields.items())
        return f"{self.kind}({inside})"


def plain(value: Any, depth: int = 0) -> Any:
    """The same value in plain types; what can't be plain keeps only the name of its type.

    >>> plain((1, {2: "two"}, Fraction(1, 3)))
    [1, {2: 'two'}, Fraction(1, 3)]
    """
    deeper = depth + 1
    if depth > MAX_DEPTH:
        return Record("too deep", {})
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if value is None or isinstance(value, bool | int | float | str | Fraction | Record):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
        return torch.from_numpy(np.ascontiguousarray(value))
    if isinstance(value, torch.Tensor):
        if value.is_meta or value.numel() > MAX_NUMBERS:
            return Record("tensor without data" if value.is_meta else "huge tensor", {})
        return value.detach().to("cpu")
    if isinstance(value, Mapping):
        return {
            k if isinstance(k, str | int | float) else repr(k): plain(v, deeper)
            for k, v in value.items()
        }
    if isinstance(value, list | tuple):
        return [plain(item, deeper) for item in value]
    if isinstance(value, set | frozenset):
        return Record("set", {"items": sorted((plain(i, deeper) for i in value), key=repr)})
    if is_dataclass(value) and not isinstance(value, type):
        held = {f.name: plain(getattr(value, f.name), deeper) for f in fields(value)}
        return Record(type(value).__name__, held)
    return Record(type(value).__name__, {})


def pack(value: Any) -> bytes:
    """Plain data as bytes: the length of the JSON, the JSON, the tensors."""
    tensors: dict[str, torch.Tensor] = {}
    head = json.dumps(_to_json(value, tensors)).encode()
    return len(head).to_bytes(8, "big") + head + save(tensors)


def unpack(data: bytes) -> Any:
    """The plain data that `pack` was given."""
    end = 8 + int.from_bytes(data[:8], "big")
    return _from_json(json.loads(data[8:end]), load(data[end:]))


def _to_json(value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    """A JSON value: what JSON lacks becomes a pair, [kind, what it holds]."""

    def inside(items: Any) -> list[Any]:
        return [_to_json(item, tensors) for item in items]

    if isinstance(value, torch.Tensor):
        name, kind = str(len(tensors)), "tensor"
        if value.is_complex():
            value, kind = torch.view_as_real(value.resolve_conj()), "complex"
        tensors[name] = value.resolve_neg().contiguous().clone()
        return [kind, name]
    if isinstance(value, list):
        return ["list", inside(value)]
    if isinstance(value, dict):
        return ["dict", [inside(pair) for pair in value.items()]]
    if isinstance(value, Fraction):
        return ["fraction", [value.numerator, value.denominator]]
    if isinstance(value, Record):
        return ["record", [value.kind, [inside(pair) for pair in value.fields.items()]]]
    return value


def _from_json(value: Any, tensors: Mapping[str, torch.Tensor]) -> Any:
    if not isinstance(value, list):
        return value
    kind, held = value

    def inside(items: Any) -> list[Any]:
        return [_from_json(item, tensors) for item in items]

    read: dict[str, Callable[[], Any]] = {
        "tensor": lambda: tensors[held],
        "complex": lambda: torch.view_as_complex(tensors[held].contiguous()),
        "list": lambda: inside(held),
        "dict": lambda: dict(map(inside, held)),
        "fraction": lambda: Fraction(*held),
        "record": lambda: Record(held[0], dict(map(inside, held[1]))),
    }
    return read[kind]()
