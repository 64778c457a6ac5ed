"""The policy handed to the server, and whether the server still holds it.

    folder/zero-000012/     config.json, safetensors, tokenizer: what `minir1 export` writes too
    POST /pause?mode=wait                          requests under way end first
    POST /collective_rpc    reload_weights         every worker reads the folder
    POST /reset_prefix_cache                       keys and values of the old weights
    POST /update_weight_version                    the folder's path, as the version's name
    POST /resume

    https://docs.vllm.ai/en/latest/features/sleep_mode/     /collective_rpc with reload_weights
    https://docs.vllm.ai/en/latest/training/weight_transfer/
    vllm/entrypoints/serve/dev/rlhf/api_router.py           the other routes

They answer only to a server that was started with VLLM_SERVER_DEV_MODE=1 (launch/vllm.sh). A reload
that fails may have read half of the weights, so the server is left paused: the next reload reads
all of them and lets it go on.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from minir1.config import RolloutConfig
from minir1.model import hub
from minir1.model.transformer import Transformer
from minir1.run.served.wire import Refused, ServerError, ask
from minir1.text.outside import hub_face, special_ids
from minir1.text.tokenizer import Tokenizer

NO_ROUTE = (404, 405)
QUICK_S = 30.0
"""What a request without work behind it may take."""


class Holder:
    """The server, as one that holds weights."""

    def __init__(self, settings: RolloutConfig, folder: Path, tokenizer: Tokenizer) -> None:
        self.settings, self.folder, self.tokenizer = settings, folder, tokenizer
        self.url = settings.server.rstrip("/")

    def model(self, folder: Path) -> dict[str, Any]:
        """What the server serves, or how to start it."""
        url = f"{self.url}/v1/models"
        try:
            found = ask(url, timeout_s=QUICK_S, tries=self.settings.tries)["data"][0]
            return {"id": found["id"], "max_model_len": found.get("max_model_len")}
        except Refused as error:
            raise ServerError(f"{error}; is this a vLLM server?") from error
        except ServerError as error:
            raise ServerError(
                f"{error}. The weights are ready: start a server with "
                f"`bash minir1/launch/vllm.sh {folder}`, and give the same command again"
            ) from error
        except (KeyError, IndexError, TypeError) as error:
            raise ServerError(f"{url} names no model; is this a vLLM server?") from error

    def save(self, model: Transformer, version: str) -> Path:
        """Write the weights where the server will read them."""
        folder = (self.folder / version).resolve()
        if folder.exists():  # of a run that was stopped here: the same weights
            shutil.rmtree(folder)
        hub.save(model, folder, extra=special_ids(self.tokenizer))
        hub_face(self.tokenizer).save_pretrained(folder)
        return folder

    def load(self, folder: Path) -> None:
        """Let the server read them, and forget older ones."""
        settings = self.settings
        self._post("/pause?mode=wait", {}, settings.timeout_s)
        reload = {"method": "reload_weights", "kwargs": {"weights_path": str(folder)}}
        self._post("/collective_rpc", reload, settings.timeout_s)
        self._post("/reset_prefix_cache", {}, QUICK_S)
        self._post("/update_weight_version", {"new_version": str(folder)}, QUICK_S, optional=True)
        self._post("/resume", {}, QUICK_S)
        self.check(folder)
        for other in self.folder.iterdir():
            if other != folder and (other / "config.json").is_file():
                shutil.rmtree(other)

    def check(self, folder: Path) -> None:
        """A ServerError, unless the server holds these weights or can't say which it holds."""
        try:
            held = ask(f"{self.url}/weight_info", timeout_s=QUICK_S, tries=self.settings.tries)
        except Refused as error:
            if error.status in NO_ROUTE:
                return  # an older vLLM; the log-probabilities will tell (source.py)
            raise
        version = held.get("weight_version") if isinstance(held, dict) else held
        if version != str(folder):
            raise ServerError(
                f"{self.url} holds the weights {version!r} and not {str(folder)!r}: it was started "
                "again, or serves another run too. Nothing that it wrote in this step is used; "
                "the same command goes on from the last checkpoint"
            )

    def _post(
        self, path: str, body: Any, timeout_s: int | float, *, optional: bool = False
    ) -> None:
        try:
            ask(self.url + path, body, timeout_s=timeout_s, tries=self.settings.tries)
        except Refused as error:
            if error.status not in NO_ROUTE:
                raise
            if not optional:
                raise ServerError(
                    f"{self.url} has no route {path.partition('?')[0]}: start it with "
                    "VLLM_SERVER_DEV_MODE=1, as minir1/launch/vllm.sh does"
                ) from error
