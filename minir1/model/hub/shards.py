"""Safetensors files side by side: one checkpoint, read tensor by tensor.

A large model lies in several files (shards) and an index that says which tensor is in which. The
header of each file tells names, shapes and types, so all of them can be checked before a single
weight is read. The weights themselves are mapped, not read as a whole: what has been copied out
of a file costs no memory that the system can't take back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import torch

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
TYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


@dataclass(frozen=True, slots=True)
class Stored:
    """One tensor on disk, not read yet."""

    file: Path
    shape: tuple[int, ...]
    dtype: torch.dtype


def find_tensors(folder: Path) -> dict[str, Stored]:
    """Every tensor of the checkpoint in `folder`, from the headers alone."""
    found: dict[str, Stored] = {}
    for file in _files(folder):
        with open_shard(file) as shard:
            for name in shard.keys():  # noqa: SIM118 - a shard is no dict
                part = shard.get_slice(name)
                kind = part.get_dtype()
                if kind not in TYPES:
                    raise ValueError(_wrong_type(file, name, kind))
                found[name] = Stored(file, tuple(part.get_shape()), TYPES[kind])
    return found


def open_shard(file: Path) -> Any:
    """A safetensors file, or a ValueError that names it and says what is wrong."""
    try:
        return safetensors.safe_open(file, framework="pt")
    except FileNotFoundError as error:
        raise ValueError(f"{file} is missing: the checkpoint is not complete") from error
    except safetensors.SafetensorError as error:
        raise ValueError(
            f"{file} is not a whole safetensors file ({error}): it is truncated or damaged, "
            "get it again"
        ) from error


def _files(folder: Path) -> list[Path]:
    index = folder / INDEX
    if not index.exists():
        if not (folder / SINGLE).exists():
            raise ValueError(f"{folder} holds no weights: neither {SINGLE} nor {INDEX} is there")
        return [folder / SINGLE]
    try:
        names = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
    except (ValueError, KeyError, AttributeError) as error:
        raise ValueError(f"{index} can't be read ({error!r}): get it again") from error
    return [folder / name for name in sorted(set(names))]


def _wrong_type(file: Path, name: str, kind: str) -> str:
    if kind.startswith("F8"):
        return (
            f"{file}: {name} is {kind}: fp8 weights are not supported; convert the checkpoint to "
            "bfloat16 first"
        )
    return f"{file}: {name} is {kind}, not one of {', '.join(TYPES)}: quantised weights?"
