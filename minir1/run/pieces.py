"""Tensors on the disk, whole or in pieces, read back as any box of them.

Many processes each write what they hold. `pieces.json` says where each piece lies in its tensor:

    {"model": {"embed_tokens.weight": {"shape": [128, 64], "pieces": [
        {"file": "model-00001-of-00002.safetensors", "offset": [0, 0], "shape": [64, 64]},
        {"file": "model-00002-of-00002.safetensors", "offset": [64, 0], "shape": [64, 64]}]}}}

A reader asks for a box (an offset and a shape) and gets it from the pieces that it overlaps. So
what 8 processes saved, any other number can read, each only its own part; and one process reads
whole tensors. A checkpoint of one process has no index: each file holds whole tensors.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import safetensors
import torch
from torch import Tensor

INDEX = "pieces.json"


class Reader:
    """The tensors of one kind ("model", "optimizer" or "extra") in a checkpoint's folder."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder = folder
        self._files: dict[str, Any] = {}
        self._aliases: dict[str, str] = {}
        index = folder / INDEX
        if index.exists():
            self._entries: dict[str, Any] = json.loads(index.read_bytes())[kind]
        else:
            self._entries = self._whole(f"{kind}.safetensors")

    def _whole(self, name: str) -> dict[str, Any]:
        """The entries of a file that holds whole tensors; tied ones are stored once."""
        file = self._open(name)
        metadata = file.metadata() or {}
        self._aliases = json.loads(metadata.get("aliases", "{}"))
        entries = {}
        for key in file.keys():  # noqa: SIM118 - not a dict
            shape = file.get_slice(key).get_shape()
            piece = {"file": name, "offset": [0] * len(shape), "shape": shape}
            entries[key] = {"shape": shape, "pieces": [piece]}
        return entries | {name: entries[first] for name, first in self._aliases.items()}

    @property
    def names(self) -> list[str]:
        """The names of all tensors."""
        return list(self._entries)

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of the whole tensor."""
        return tuple(self._entries[name]["shape"])

    def read(
        self, name: str, offset: Sequence[int] | None = None, shape: Sequence[int] | None = None
    ) -> Tensor:
        """A box out of the tensor; without an offset and a shape, all of it."""
        whole = self.shape(name)
        offset = [0] * len(whole) if offset is None else offset
        shape = whole if shape is None else shape
        stored = self._aliases.get(name, name)
        result: Tensor | None = None
        filled = 0
        for piece in self._entries[name]["pieces"]:
            there, here = overlap(piece["offset"], piece["shape"], offset, shape)
            if there is None or here is None:
                continue
            file = self._open(piece["file"])
            # Slicing needs an axis. Cloned, so that nothing points into a file.
            found = file.get_slice(stored)[there] if there else file.get_tensor(stored)
            if result is None:
                result = torch.empty(tuple(shape), dtype=found.dtype)
            result[here] = found
            filled += found.numel()
        wanted = torch.Size(shape).numel()
        if filled != wanted:
            raise ValueError(f"{self.folder}: of {name}, {wanted - filled:,} numbers are missing")
        if result is None:  # a box without a number in it still has a type
            file = self._open(self._entries[name]["pieces"][0]["file"])
            result = torch.empty(tuple(shape), dtype=file.get_tensor(stored).dtype)
        return result

    def _open(self, name: str) -> Any:
        """A file of the folder, opened once."""
        path = self.folder / name
        if name not in self._files:
            try:
                self._files[name] = safetensors.safe_open(path, "pt")
            except OSError as error:
                raise ValueError(f"{path}: the weights can't be read: {error}") from error
            except safetensors.SafetensorError as error:
                raise ValueError(
                    f"{path}: this is not a whole safetensors file: {error}"
                ) from error
        return self._files[name]


def overlap(
    a_offset: Sequence[int], a_shape: Sequence[int], b_offset: Sequence[int], b_shape: Sequence[int]
) -> tuple[tuple[slice, ...] | None, tuple[slice, ...] | None]:
    """Where two boxes overlap, as slices of the one and of the other; None if they don't.

    >>> overlap([4], [4], [6], [4])
    ((slice(2, 4, None),), (slice(0, 2, None),))
    """
    in_a, in_b = [], []
    for a, a_size, b, b_size in zip(a_offset, a_shape, b_offset, b_shape, strict=True):
        start, stop = max(a, b), min(a + a_size, b + b_size)
        if start >= stop:
            return None, None
        in_a.append(slice(start - a, stop - a))
        in_b.append(slice(start - b, stop - b))
    return tuple(in_a), tuple(in_b)
