"""A small server that speaks vLLM's protocol and serves a model of ours, with faults on request.

Its routes and its words are those of vLLM (run/served/answers.py and weights.py name the files).
A field that vLLM's CompletionRequest does not have is refused, as a mistake in ours.
"""

import base64
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from minir1.model import hub
from minir1.model.transformer import Transformer
from minir1.rl.rollout import sample

FIELDS = frozenset(
    """model prompt max_tokens temperature seed n top_p top_k min_p repetition_penalty ignore_eos
    stop_token_ids logprobs return_token_ids skip_special_tokens""".split()  # noqa: SIM905
)


class Standin(ThreadingHTTPServer):
    """The server and what it holds. `faults` are taken one a request, by route."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.model: Transformer | None = None
        self.version, self.paused = "default", False
        self.faults: dict[str, list[Any]] = {}
        self.missing: set[str] = set()
        """Routes that this server does not have."""
        self.experts, self.room = True, 4096
        self.colder = 1.0
        """It samples at this share of the temperature: another distribution than the policy's."""
        self.change: Callable[[dict[str, Any]], None] = lambda answer: None
        """What is done to each completion before it is sent."""
        self.log: list[str] = []
        self.lock = threading.Lock()

    def fault(self, path: str) -> Any:
        with self.lock:
            self.log.append(path)
            waiting = self.faults.get(path, [])
            return waiting.pop(0) if waiting else None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone away is no news."""

    def completion(self, body: dict[str, Any]) -> dict[str, Any]:
        assert self.model is not None and not self.paused
        (rollout,) = sample(
            self.model,
            [body["prompt"]],
            [body["seed"]],
            max_new_tokens=body["max_tokens"],
            eos_id=body["stop_token_ids"][0],
            temperature=body["temperature"] * self.colder,
            record_experts=self.experts,
        )
        choice: dict[str, Any] = {
            "index": 0,
            "text": "",
            "token_ids": rollout.completion_ids,
            "prompt_token_ids": rollout.prompt_ids,
            "logprobs": {"token_logprobs": rollout.logprobs, "tokens": [], "top_logprobs": []},
            "finish_reason": "stop" if rollout.stop_reason == "eos" else "length",
            "routed_experts": None,
        }
        if rollout.experts is not None:
            choice["routed_experts"] = pack(rollout.experts.permute(1, 0, 2).numpy())
        answer = {"id": "cmpl-1", "object": "text_completion", "model": "m", "choices": [choice]}
        self.change(answer)
        return answer


def pack(array: np.ndarray) -> str:
    """An array as vLLM sends it."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    return base64.b64encode(buffer.getvalue()).decode()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Standin

    def log_message(self, format: str, *args: Any) -> None:
        """Silence."""

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        self._serve(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _serve(self, body: dict[str, Any]) -> None:
        path = urlsplit(self.path).path
        fault = self.server.fault(path)
        if path in self.server.missing:
            return self._send(404, {"detail": "Not Found"})
        if isinstance(fault, float):
            time.sleep(fault)
        if isinstance(fault, int):
            words = "the prompt is too long" if fault < 500 else "an engine died"
            return self._send(fault, {"error": {"message": words, "code": fault}})
        code, answer = self._answer(path, body)
        return self._send(code, answer, fault if isinstance(fault, str) else "")

    def _answer(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        server = self.server
        if path == "/v1/models":
            return 200, {"data": [{"id": "m", "max_model_len": server.room}]}
        if path == "/weight_info":
            return 200, {"weight_version": server.version}
        if path == "/pause":
            server.paused = True
        elif path == "/resume":
            server.paused = False
        elif path == "/collective_rpc":
            if body["method"] != "reload_weights" or not server.paused:
                return 400, {"detail": "Missing 'method' in request body"}
            server.model = hub.load(body["kwargs"]["weights_path"])
        elif path == "/update_weight_version":
            server.version = body["new_version"]
        elif path == "/v1/completions":
            if set(body) - FIELDS:
                return 400, {"error": {"message": f"extra fields: {set(body) - FIELDS}"}}
            return 200, server.completion(body)
        elif path != "/reset_prefix_cache":
            return 404, {"detail": "Not Found"}
        return 200, None

    def _send(self, code: int, answer: Any, how: str = "") -> None:
        data = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if how == "half":  # the connection breaks
            data = data[: len(data) // 2]
        elif how == "torn":  # a proxy in between gives up
            data = data[: len(data) // 2].ljust(len(data))
        self.wfile.write(data)


@contextmanager
def serving() -> Iterator[Standin]:
    """A stand-in on a free port of the loopback, for as long as the `with` lasts."""
    with Standin() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
