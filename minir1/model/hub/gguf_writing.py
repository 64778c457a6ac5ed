"""Our model into one GGUF file, quantised: for llama.cpp and small devices.

    8 bits   q = round(x / s),   s = max |x| / 127          of every 32 numbers        (Q8_0)
    4 bits   the same with 16 steps                                                    (Q4_0, Q4_1)

Norms stay in float32: they are few, and everything passes through them. So does a matrix whose
rows are no multiple of 32 numbers.

In the prompt's journey: after it, when the trained policy leaves the house.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from minir1.model.hub.gguf_names import as_neighbours, gguf_name, heads_of, write_shape
from minir1.model.transformer import Transformer

KINDS = ("f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0")
"""From the largest to the smallest."""


def save_gguf(
    model: Transformer,
    path: str | Path,
    kind: str = "q8_0",
    *,
    name: str = "minir1",
    words: Mapping[str, Any] | None = None,
) -> Path:
    """Write the model; `words` are further fields, such as the tokenizer's."""
    path = Path(path)
    if kind not in KINDS:
        raise ValueError(f"GGUF type {kind!r} can't be used: use one of {', '.join(KINDS)}")
    family, fields = write_shape(model.config)
    if path.exists():
        raise ValueError(f"{path} is there already: give another name")
    try:
        import gguf
    except ModuleNotFoundError as error:
        raise ValueError("writing GGUF needs: pip install 'minir1[real]'") from error
    fresh = path.with_name(f".{path.name}.new")
    writer = gguf.GGUFWriter(fresh, family)
    writer.add_name(name)
    writer.add_file_type(gguf.LlamaFileType[_FILE_TYPES[kind]])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    own = {f"{family}.{word}": value for word, value in fields.items()}
    for word, value in (own | dict(words or {"tokenizer.ggml.model": "none"})).items():
        _add(writer, word, value)
    for tensor, weight in model.state_dict().items():
        heads = heads_of(tensor, model.config)
        data, raw = _quantised(as_neighbours(weight, heads) if heads else weight, kind)
        writer.add_tensor(gguf_name(tensor), data, raw_dtype=raw)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    os.replace(fresh, path)
    return path


def rounded(model: Transformer, kind: str) -> tuple[Transformer, int]:
    """A copy of the model with its weights as this type would keep them, and their bytes.

    The rounding is the file's, tensor by tensor, so it can be tried on shapes that the format has
    no place for.
    """
    if kind not in KINDS:
        raise ValueError(f"GGUF type {kind!r} can't be used: use one of {', '.join(KINDS)}")
    try:
        from gguf.quants import dequantize
    except ModuleNotFoundError as error:
        raise ValueError("rounding as GGUF does needs: pip install 'minir1[real]'") from error
    kept, size = {}, 0
    for tensor, weight in model.state_dict().items():
        data, raw = _quantised(weight, kind)
        size += data.nbytes
        again = torch.from_numpy(dequantize(data, raw)).reshape(weight.shape)
        kept[tensor] = again.to(weight.dtype)
    copy = Transformer(model.config)
    copy.load_state_dict(kept)
    return copy.eval(), size


def _quantised(weight: Tensor, kind: str) -> tuple[Any, Any]:
    """A tensor's bytes, and their type."""
    import gguf

    array = weight.detach().cpu().float().contiguous().numpy()
    wanted = gguf.GGMLQuantizationType[kind.upper()]
    block = gguf.GGML_QUANT_SIZES[wanted][0]
    if array.ndim < 2 or array.shape[-1] % block:
        wanted = gguf.GGMLQuantizationType.F32
    return gguf.quants.quantize(array, wanted), wanted


def _add(writer: Any, word: str, value: Any) -> None:
    """One field, by the type of its value."""
    if isinstance(value, bool):
        writer.add_bool(word, value)
    elif isinstance(value, int):
        writer.add_uint32(word, value)
    elif isinstance(value, float):
        writer.add_float32(word, value)
    elif isinstance(value, str):
        writer.add_string(word, value)
    else:
        writer.add_array(word, value)


_FILE_TYPES = {
    "f32": "ALL_F32",
    "f16": "MOSTLY_F16",
    "bf16": "MOSTLY_BF16",
    "q8_0": "MOSTLY_Q8_0",
    "q5_1": "MOSTLY_Q5_1",
    "q5_0": "MOSTLY_Q5_0",
    "q4_1": "MOSTLY_Q4_1",
    "q4_0": "MOSTLY_Q4_0",
}
