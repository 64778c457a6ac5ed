"""Checkpoints of many processes: each writes what it holds, and one commits the whole.

    all        an empty folder beside the target
    each       its pieces: model-00002-of-00008.safetensors, ...
    process 0  pieces.json, state.json, the manifest with every file's SHA-256, the rename

If one process can't write (a full disk), all hear of it, and nothing is committed. Reading works
for any number of processes: each asks for the boxes that it will hold (`run/pieces.py`).

torch.distributed.checkpoint does much the same. But its index is a pickle, and it loads a shard
with a flipped byte, or one left over from an older save, without a word.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import safetensors.torch
import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from minir1.run import checkpoint
from minir1.run.checkpoint import Checkpoint, Tensors
from minir1.run.distributed.box import box
from minir1.run.distributed.world import World
from minir1.run.flatten import flatten
from minir1.run.folder import begin, commit, put, recover, temporary, verify
from minir1.run.pieces import INDEX, Reader

Value = TypeVar("Value")


def cut_like(likes: Mapping[str, Tensor], reader: Reader, name: str) -> Tensor:
    """This process's part of a stored tensor, for the place where `likes[name]` is now."""
    like = likes.get(name)
    if not isinstance(like, DTensor) or tuple(like.shape) != reader.shape(name):
        return reader.read(name)  # whole; what doesn't fit is named by `load_into`
    local = reader.read(name, *box(like)).to(like.to_local().device)
    return DTensor.from_local(
        local,
        like.device_mesh,
        like.placements,
        run_check=False,
        shape=like.shape,
        stride=like.stride(),
    )


class ShardedSaving(World):
    """How `Processes` saves and restores."""

    def together(self, work: Callable[[], Value]) -> list[Value]:
        """What `work` gives in each process; if it fails in any, the first error, in all."""
        raise NotImplementedError

    def save(
        self,
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
        tree, moments = flatten(optimizer)
        kinds = {"model": model, "optimizer": moments, "extra": extra_tensors or {}}
        record = {"stage": stage, "step": step, "state": state or {}, "optimizer": tree}
        target = Path(root) / f"{stage}-{step:06d}"
        fresh = temporary(target)
        number = f"{self.rank + 1:05d}-of-{self.size:05d}"

        def write() -> tuple[dict[str, Any], dict[str, Any]]:
            """This process's files: their pieces, and their entries in the manifest."""
            pieces, manifest = {}, {}
            for kind, tensors in kinds.items():
                mine = self._mine(tensors)
                name = f"{kind}-{number}.safetensors"
                manifest |= put(fresh, {name: safetensors.torch.save(mine)})
                pieces[kind] = {
                    key: dict(
                        zip(("file", "offset", "shape"), (name, *box(tensors[key])), strict=True)
                    )
                    for key in mine
                }
            return pieces, manifest

        def finish(parts: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> None:
            index: dict[str, Any] = {}
            for kind, tensors in kinds.items():
                index[kind] = {
                    key: {
                        "shape": list(tensor.shape),
                        "pieces": [part[kind][key] for part, _ in parts if key in part[kind]],
                    }
                    for key, tensor in tensors.items()
                }
            last = {INDEX: json.dumps(index).encode(), "state.json": json.dumps(record).encode()}
            manifest = put(fresh, last)
            for _, entries in parts:
                manifest |= entries
            commit(fresh, target, manifest)
            checkpoint.prune(Path(root), stage, step, keep)

        try:
            self.once(lambda: begin(target))
            parts = self.together(write)
            self.once(lambda: finish(parts))
        finally:
            if self.is_main:
                recover(Path(root))
        return target

    def _mine(self, tensors: Mapping[str, Tensor]) -> Tensors:
        """What this process writes: its parts, and (the main one) what all have in common."""
        mine: Tensors = {}
        for name, tensor in tensors.items():
            local = tensor.to_local() if isinstance(tensor, DTensor) else tensor
            if (isinstance(tensor, DTensor) and local.numel()) or self._writes_common(tensor):
                # A clone: two names for one memory are not allowed in a file.
                mine[name] = local.detach().cpu().clone().contiguous()
        return mine

    def _writes_common(self, tensor: Tensor) -> bool:
        return self.is_main and not isinstance(tensor, DTensor)

    def latest(
        self,
        root: Path,
        stage: str,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        extra: Mapping[str, Tensor],
    ) -> Checkpoint | None:
        self.once(lambda: recover(Path(root)))
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        likes: Tensors = {**model.state_dict(), **extra}
        for moment in ("exp_avg", "exp_avg_sq"):
            likes |= {f"root.state.{i}.{moment}": p for i, p in enumerate(parameters)}
        check = partial(verify, each=self.each)
        return checkpoint.latest(
            root, stage, repair=False, check=check, cut=partial(cut_like, likes)
        )

    def files_seen_by_all(self, paths: Sequence[Path]) -> None:
        def look() -> None:
            for path in paths:
                if not path.exists():
                    raise ValueError(
                        f"{path} is not seen by process {self.rank}: use a folder on a disk that "
                        "all machines share (--out)"
                    )

        self.together(look)
