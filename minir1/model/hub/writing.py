"""Our model into a folder that transformers, vLLM and others load.

    config.json   model.safetensors, or shards of it and an index

A folder is there whole or not at all: it is written under another name and renamed at the end.

In the prompt's journey: after it, when the trained policy leaves the house.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor

from minir1.model.hub.families import family_of, write_config
from minir1.model.hub.names import BIAS, copies, places
from minir1.model.hub.shards import INDEX, SINGLE
from minir1.model.transformer import Transformer

SHARD_BYTES = 5 * 2**30


def save(
    model: Transformer,
    folder: str | Path,
    *,
    extra: Mapping[str, Any] | None = None,
    shard_bytes: int = SHARD_BYTES,
) -> Path:
    """Write the model; `extra` words go into config.json, such as `eos_token_id`."""
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} is not empty: give the model a folder of its own")
    tensors = on_disk(model)
    dtype = str(model.embed_tokens.weight.dtype).removeprefix("torch.")
    words = write_config(model.config, dtype) | dict(extra or {})
    fresh = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    _write_shards(fresh, tensors, shard_bytes)
    (fresh / "config.json").write_text(json.dumps(words, indent=2) + "\n", encoding="utf-8")
    if folder.exists():
        folder.rmdir()
    os.replace(fresh, folder)
    return folder


def on_disk(model: Transformer) -> dict[str, Tensor]:
    """Every tensor under its name on disk; views into the model, nothing is copied."""
    ours = model.state_dict()
    if family_of(model.config) != "deepseek_v3":
        for name, tensor in ours.items():
            if name.endswith(BIAS) and tensor.any():
                raise ValueError(
                    f"{name} is not zero, and {family_of(model.config)} has no place for it: "
                    "train this model with bias_update_speed = 0"
                )
    tensors = {name: place.of(ours[place.tensor]) for name, place in places(model).items()}
    if model.config.n_mtp_layers:
        # Servers read MTP layers by themselves, and look for embedding and head in them.
        tensors |= {n: ours[t] for n, t in copies(model.config).items() if n != "lm_head.weight"}
    return tensors


def _write_shards(folder: Path, tensors: Mapping[str, Tensor], shard_bytes: int) -> None:
    shards: list[dict[str, Tensor]] = [{}]
    size = 0
    for name, tensor in tensors.items():
        if shards[-1] and size + tensor.nbytes > shard_bytes:
            shards.append({})
            size = 0
        shards[-1][name] = tensor
        size += tensor.nbytes
    files = [f"model-{i:05d}-of-{len(shards):05d}.safetensors" for i in range(1, len(shards) + 1)]
    files = [SINGLE] if len(shards) == 1 else files
    for file, shard in zip(files, shards, strict=True):
        # Cloned a shard at a time: the format wants each tensor to own its memory.
        owned = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in shard.items()}
        try:
            safetensors.torch.save_file(owned, folder / file, metadata={"format": "pt"})
        except safetensors.SafetensorError as error:  # a full disk, told in its own words
            size = sum(tensor.nbytes for tensor in tensors.values())
            raise OSError(
                f"{folder / file} can't be written ({error}): the model needs {size:,} bytes there"
            ) from error
    if len(shards) > 1:
        total = sum(tensor.nbytes for tensor in tensors.values())
        where = {name: file for file, shard in zip(files, shards, strict=True) for name in shard}
        index = {"metadata": {"total_size": total}, "weight_map": where}
        (folder / INDEX).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
