"""A GGUF file into our model: each tensor is dequantised on its way.

    4 bits  ->  q * scale + minimum, a scale and a minimum for every 32 numbers  (Q4_1)

What was rounded away stays away: the model is as good as its 4 bits were. Such a file mixes
types, and float32 holds all of them: that is what a plain load gives, ready to be trained.

In the prompt's journey: before it, when a model comes from outside.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from minir1.config import ModelConfig
from minir1.model.hub.gguf_names import as_halves, gguf_name, heads_of, read_shape
from minir1.model.hub.words import not_more
from minir1.model.transformer import Transformer


def load_gguf(
    path: Path, dtype: torch.dtype | None = None, device: torch.device | str = "cpu"
) -> Transformer:
    """The model in one GGUF file, checked as a folder is."""
    fields, stored = open_gguf(path)
    shapes = {name: _shape(one) for name, one in stored.items()}
    try:
        config = not_more(read_shape(fields, shapes), len(shapes))
        model = Transformer(config, device="meta")
        table = {gguf_name(name): name for name in model.state_dict()}
        for name in [*table, *shapes]:
            if name not in shapes:
                raise ValueError(f"tensor {name} is missing: nothing was loaded")
            if name not in table:
                raise ValueError(f"tensor {name} is too many: the model has no place for it")
            expected = tuple(model.state_dict()[table[name]].shape)
            if shapes[name] != expected:
                raise ValueError(f"tensor {name} has shape {shapes[name]}, expected {expected}")
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    state = {}
    for name, ours in table.items():
        weight = _dequantised(stored[name])
        heads = heads_of(ours, config)
        weight = as_halves(weight, heads) if heads else weight
        state[ours] = weight.to(device, dtype or torch.float32)
    model.load_state_dict(state, assign=True)
    return model


def shape_of_gguf(path: Path) -> ModelConfig:
    """The shape alone, without the weights."""
    fields, stored = open_gguf(path)
    shapes = {name: _shape(one) for name, one in stored.items()}
    return not_more(read_shape(fields, shapes), len(shapes))


def open_gguf(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of the model, and the tensors by name; nothing is dequantised yet."""
    try:
        import gguf
    except ModuleNotFoundError as error:
        raise ValueError(f"{path}: reading GGUF needs: pip install 'minir1[real]'") from error
    try:
        reader = gguf.GGUFReader(path)
        words = [name for name in reader.fields if not name.startswith("tokenizer.")]
        fields = {name: reader.fields[name].contents() for name in words}
    except (ValueError, IndexError, KeyError) as error:
        raise ValueError(
            f"{path} is not a whole GGUF file ({error}): it is truncated or damaged, get it again"
        ) from error
    return fields, {tensor.name: tensor for tensor in reader.tensors}


def _shape(stored: Any) -> tuple[int, ...]:
    """GGUF writes the axis that is closest in memory first."""
    return tuple(int(size) for size in reversed(stored.shape))


def _dequantised(stored: Any) -> Tensor:
    from gguf.quants import dequantize

    return torch.from_numpy(dequantize(stored.data, stored.tensor_type).copy())
