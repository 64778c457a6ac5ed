"""Checkpoints: everything a run needs to go on as if it had never stopped.

    checkpoints/zero-000040/
        model.safetensors      the weights
        optimizer.safetensors  the optimizer's moments and step counters
        extra.safetensors      other tensors: reference weights, random number states
        state.json             plain values, and the tree of the optimizer's state
        manifest.json          size and SHA-256 of every file above

A run of many processes writes each file in pieces, one a process (`run/pieces.py`); either kind
can be read by any number of processes.

A checkpoint is there whole or not at all (`run/folder.py`). `latest` checks it before it
is used; one that is torn or altered is named in a warning and skipped for the last good
one. Nothing here is ever unpickled.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor, nn

from minir1.run.flatten import flatten, unflatten
from minir1.run.folder import recover, verify, write_folder
from minir1.run.pieces import Reader

logger = logging.getLogger(__name__)

Tensors = dict[str, Tensor]
Cut = Callable[[Reader, str], Tensor]
"""What a process wants of a tensor: all of it, or its own part."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """A checkpoint read back into memory. All tensors are on the CPU."""

    folder: Path
    stage: str
    step: int
    model: Tensors
    optimizer: dict[str, Any] | None
    extra_tensors: Tensors
    state: dict[str, Any]


def save(
    root: Path,
    stage: str,
    step: int,
    *,
    model: Mapping[str, Tensor],
    optimizer: dict[str, Any] | None = None,
    extra_tensors: Mapping[str, Tensor] | None = None,
    state: dict[str, Any] | None = None,
    keep: int = 2,
) -> Path:
    """Write `root/<stage>-<step>`; then remove all but the last `keep` of this stage."""
    assert keep >= 1, "a run must keep the checkpoint that it has just saved"
    tree, moments = flatten(optimizer)
    record = {"stage": stage, "step": step, "state": state or {}, "optimizer": tree}
    files = {
        "model.safetensors": _to_bytes(model),
        "optimizer.safetensors": _to_bytes(moments),
        "extra.safetensors": _to_bytes(extra_tensors or {}),
        "state.json": json.dumps(record).encode(),
    }
    folder = Path(root) / f"{stage}-{step:06d}"
    write_folder(folder, files)
    prune(Path(root), stage, step, keep)
    return folder


def prune(root: Path, stage: str, step: int, keep: int) -> None:
    """Remove all but the last `keep` checkpoints of a stage up to `step`."""
    # A later step can only be a damaged one that was skipped: it doesn't count.
    older = [path for path in _folders(root, stage) if _step(path) <= step]
    for path in older[:-keep]:
        shutil.rmtree(path)


def load(
    folder: Path, *, check: Callable[[Path], None] = verify, cut: Cut = Reader.read
) -> Checkpoint:
    """Read one checkpoint. A ValueError says what is wrong with it, if anything is."""
    folder = Path(folder)
    check(folder)
    record = json.loads((folder / "state.json").read_bytes())

    def read(kind: str) -> Tensors:
        reader = Reader(folder, kind)
        return {name: cut(reader, name) for name in reader.names}

    return Checkpoint(
        folder=folder,
        stage=record["stage"],
        step=record["step"],
        model=read("model"),
        optimizer=unflatten(record["optimizer"], read("optimizer")),
        extra_tensors=read("extra"),
        state=record["state"],
    )


def latest(
    root: Path,
    stage: str,
    *,
    repair: bool = True,
    check: Callable[[Path], None] = verify,
    cut: Cut = Reader.read,
) -> Checkpoint | None:
    """The last good checkpoint of a stage, or None.

    It first tidies up what a killed save left behind. Use `repair=False` to look at a
    run that another process is still writing.
    """
    if repair:
        recover(Path(root))
    for folder in reversed(_folders(Path(root), stage)):
        try:
            return load(folder, check=check, cut=cut)
        except ValueError as error:
            logger.warning("skipped a damaged checkpoint: %s", error)
    return None


def load_into(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Copy weights into a model. Every name and every shape must fit."""
    wanted = model.state_dict()
    for name, tensor in wanted.items():
        if name not in weights:
            raise ValueError(
                f"the weights have no tensor {name}; the model expects one of shape "
                f"{tuple(tensor.shape)}: is this another model's checkpoint?"
            )
        if weights[name].shape != tensor.shape:
            raise ValueError(
                f"tensor {name}: the model expects shape {tuple(tensor.shape)}, the weights "
                f"have {tuple(weights[name].shape)}: use the config that they were trained with"
            )
    for name in weights:
        if name not in wanted:
            raise ValueError(
                f"the weights have a tensor {name} of shape "
                f"{tuple(weights[name].shape)}, which the model lacks: "
                "use the config that they were trained with"
            )
    model.load_state_dict(dict(weights))


def _folders(root: Path, stage: str) -> list[Path]:
    """The checkpoint folders of a stage, by step."""
    found = [path for path in root.glob(f"{stage}-*") if path.name[len(stage) + 1 :].isdecimal()]
    return sorted(found, key=_step)


def _step(folder: Path) -> int:
    return int(folder.name.rpartition("-")[2])


def _to_bytes(tensors: Mapping[str, Tensor]) -> bytes:
    """A safetensors file. Tied weights are stored once, and their other names as aliases."""
    stored: Tensors = {}
    aliases: dict[str, str] = {}
    first_name: dict[tuple[object, ...], str] = {}
    for name, tensor in tensors.items():
        place = (tensor.device, tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype)
        if tensor.numel() and place in first_name:
            aliases[name] = first_name[place]
        else:
            first_name[place] = name
            stored[name] = tensor.detach().cpu().clone().contiguous()
    # One key of metadata: the order of several is not the same in each process.
    return safetensors.torch.save(stored, {"aliases": json.dumps(aliases, sort_keys=True)})
