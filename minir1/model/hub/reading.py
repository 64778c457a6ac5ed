"""A checkpoint in Hugging Face's layout into our model, tensor by tensor.

    config.json -> shape -> every name, shape and type checked -> one tensor at a time copied

Nothing is read before everything fits, and nothing is left as it was drawn at random: a tensor
that is missing, is too many or has another shape stops the load, and is named. At its peak,
loading needs the memory of the model and of its largest tensor.

In the prompt's journey: before it, when a model comes from outside.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import torch
from torch import Tensor

from minir1.config import ModelConfig
from minir1.model.hub.families import read_config
from minir1.model.hub.gguf_reading import load_gguf, shape_of_gguf
from minir1.model.hub.names import BIAS, IGNORED, Place, copies, places, stored_mtp_layers
from minir1.model.hub.shards import Stored, find_tensors, open_shard
from minir1.model.hub.sources import locate
from minir1.model.hub.words import not_more, read_words
from minir1.model.transformer import Transformer

log = logging.getLogger(__name__)


def load(
    path_or_id: str | Path, dtype: torch.dtype | None = None, device: torch.device | str = "cpu"
) -> Transformer:
    """The model in a local folder, in a GGUF file, on the hub under that id, or `smollm2`.

    `dtype` None keeps the stored types. The routers' correction biases are float32 in any case.
    """
    folder = locate(path_or_id)
    if folder.suffix == ".gguf":
        return load_gguf(folder, dtype, device)
    try:
        config = stored_config(folder)
        stored = {k: v for k, v in find_tensors(folder).items() if not IGNORED.search(k)}
        found = stored_mtp_layers(stored, config.n_layers)
        if found < config.n_mtp_layers:
            log.info("%s holds %d of %d MTP layers", folder, found, config.n_mtp_layers)
        config = not_more(replace(config, n_mtp_layers=found), len(stored))
        model = Transformer(config, device="meta")
        table, repeated = places(model), copies(config)
        check(table, repeated, stored, model.state_dict())
    except ValueError as error:
        raise ValueError(f"{path_or_id}: {error}") from error
    state = empty_state(model, table, stored, dtype, torch.device(device))
    wanted = sorted((name for name in stored if name in table), key=lambda n: stored[n].file)
    for file, names in groupby(wanted, key=lambda name: stored[name].file):
        with open_shard(file) as shard:
            for name in names:
                place = table[name]
                place.of(state[place.tensor]).copy_(shard.get_tensor(name))
    for name, ours in repeated.items():
        if name in stored:
            _same_values(name, stored[name], ours, state[ours])
    model.load_state_dict(state, assign=True)
    return model


def _same_values(name: str, stored: Stored, ours: str, tensor: Tensor) -> None:
    """What is stored twice must be the same twice, or one of the two would be lost."""
    with open_shard(stored.file) as shard:
        if not torch.equal(shard.get_tensor(name).to(tensor.dtype), tensor.cpu()):
            raise ValueError(f"{stored.file}: {name} should repeat {ours}, and differs from it")


def shape_of(path_or_id: str | Path) -> ModelConfig:
    """The shape alone, without the weights."""
    path = locate(path_or_id)
    if path.suffix == ".gguf":
        return shape_of_gguf(path)
    config = stored_config(path)
    stored = find_tensors(path)
    config = replace(config, n_mtp_layers=stored_mtp_layers(stored, config.n_layers))
    return not_more(config, len(stored))


def stored_config(folder: Path) -> ModelConfig:
    """The shape that the folder's config.json describes."""
    return read_config(read_words(folder / "config.json"))


def check(
    table: Mapping[str, Place],
    repeated: Mapping[str, str],
    stored: Mapping[str, Stored],
    shapes: Mapping[str, Tensor],
) -> None:
    """Every tensor that the model needs is stored, in the right shape, and nothing else is."""
    for name, place in table.items():
        expected = tuple(place.of(shapes[place.tensor]).shape)
        if name not in stored:
            missing = len(table.keys() - stored.keys())
            raise ValueError(f"tensor {name} is missing{_others(missing)}: nothing was loaded")
        _same_shape(name, stored[name].shape, expected)
    for name, ours in repeated.items():
        if name in stored:
            _same_shape(name, stored[name].shape, tuple(shapes[ours].shape))
    extra = [n for n in stored if n not in table and n not in repeated and 0 not in stored[n].shape]
    if extra:
        raise ValueError(
            f"tensor {extra[0]} of shape {stored[extra[0]].shape} is too many"
            f"{_others(len(extra))}: the model that config.json describes has no place for it"
        )


def _same_shape(name: str, stored: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if stored != expected:
        raise ValueError(
            f"tensor {name} has shape {stored}, and config.json describes a model that needs "
            f"{expected}"
        )


def _others(count: int) -> str:
    return f" (and {count - 1} more)" if count > 1 else ""


def empty_state(
    model: Transformer,
    table: Mapping[str, Place],
    stored: Mapping[str, Stored],
    dtype: torch.dtype | None,
    device: torch.device,
) -> dict[str, Tensor]:
    """Memory for every tensor of the model, in the type that it will have."""
    kept: dict[str, torch.dtype] = {}
    for name, place in table.items():
        if name in stored:  # experts of one stack share a type: the widest of theirs
            one = stored[name].dtype
            kept[place.tensor] = torch.promote_types(kept.get(place.tensor, one), one)
    state = {}
    for name, tensor in model.state_dict().items():
        if name.endswith(BIAS):  # steps of 0.001 vanish in bfloat16 (`router.py`)
            state[name] = torch.zeros(tensor.shape, dtype=torch.float32, device=device)
        else:
            wanted = dtype or kept.get(name, torch.float32)
            state[name] = torch.empty(tensor.shape, dtype=wanted, device=device)
    return state
