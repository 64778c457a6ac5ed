"""Breaking things on purpose, to see that the house notices."""

from __future__ import annotations

from pathlib import Path

from minir1.run import checkpoint


def damage_and_load(folder: Path) -> str:
    """Turn over the last byte of a checkpoint's weights, load it, and return what that says."""
    weights = folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 0xFF
    weights.write_bytes(content)
    try:
        checkpoint.load(folder)
    except ValueError as error:
        return str(error).replace(f"{folder.parent}/", "")
    return "loaded"
