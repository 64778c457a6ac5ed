"""A completion asked for, and read back with every doubt that one can have.

The route is OpenAI's `/v1/completions` with vLLM's own words: the prompt as token ids,
`return_token_ids`, `logprobs` and, from a server started for it, `routed_experts`.

    vllm/entrypoints/openai/completion/protocol.py        CompletionRequest, CompletionResponse
    https://docs.vllm.ai/en/latest/training/routed_experts/

Routed experts are the bytes of a numpy file in base64, of shape (tokens - 1, layers, K): the last
token was never read by the model. Ours are "L T K".

Log-probabilities must be those of the distribution that was sampled from, temperature included:
the server is started with `--logprobs-mode processed_logprobs`.
"""

import base64
import binascii
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from minir1.config import ModelConfig
from minir1.rl.types import Rollout
from minir1.run.served.wire import ServerError


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """One completion, as it is asked for."""

    prompt_ids: Sequence[int]
    key: int
    max_new_tokens: int
    eos_id: int
    temperature: float

    def request(self, model: str) -> dict[str, Any]:
        """The body of the request. Every number that could be a server's default is said."""
        return {
            "model": model,
            "prompt": list(self.prompt_ids),
            "max_tokens": self.max_new_tokens,
            "temperature": self.temperature,
            "seed": self.key,
            "n": 1,
            "top_p": 1.0,
            "top_k": 0,
            "min_p": 0.0,
            "repetition_penalty": 1.0,
            # The one end token that we know; the checkpoint's own list may name more.
            "ignore_eos": True,
            "stop_token_ids": [self.eos_id],
            "logprobs": 1,
            "return_token_ids": True,
            "skip_special_tokens": False,
        }


def read(answer: Any, wanted: Wanted, shape: ModelConfig) -> Rollout:
    """The rollout in an answer, or a ServerError: nothing of a doubtful answer is used."""
    try:
        (choice,) = answer["choices"]
        ids, logprobs = choice["token_ids"], choice["logprobs"]["token_logprobs"]
        finish, prompt = choice["finish_reason"], choice.get("prompt_token_ids")
        packed = choice.get("routed_experts")
    except (KeyError, TypeError, ValueError) as error:
        raise ServerError(
            f"the server's answer holds no completion that we can read ({error!r}): it must give "
            "choices[0].token_ids, .logprobs.token_logprobs and .finish_reason, as vLLM 0.33 does"
        ) from error
    doubt = doubts(ids, logprobs, finish, prompt, wanted, shape)
    if doubt:
        raise ServerError(f"the server's answer does not fit what was asked: {doubt}")
    experts = None if packed is None else unpack(packed, len(wanted.prompt_ids) + len(ids), shape)
    stop = "eos" if finish == "stop" else "length"
    # A greedy server may round the logarithm of 1 to a hair above 0.
    own = [min(0.0, value) for value in logprobs]
    return Rollout(list(wanted.prompt_ids), list(ids), own, stop, experts)


def doubts(
    ids: Any, logprobs: Any, finish: Any, prompt: Any, wanted: Wanted, shape: ModelConfig
) -> str:
    """What is wrong with a completion; empty if nothing is."""
    whole = isinstance(ids, list) and all(type(i) is int for i in ids) and len(ids) > 0
    if not whole or not all(0 <= i < shape.vocab_size for i in ids):
        return f"its tokens are not ids from 0 to {shape.vocab_size - 1}"
    if not isinstance(logprobs, list) or len(logprobs) != len(ids):
        return f"{len(ids)} tokens have {len(logprobs or [])} log-probabilities"
    if not all(isinstance(p, int | float) and math.isfinite(p) and p <= 1e-3 for p in logprobs):
        return "its log-probabilities are not all finite and at most 0"
    if prompt is not None and list(prompt) != list(wanted.prompt_ids):
        return "it has read another prompt: a tokenizer or a template has changed the ids"
    if len(ids) > wanted.max_new_tokens or wanted.eos_id in ids[:-1]:
        return f"it goes on after the end, or over {wanted.max_new_tokens} tokens"
    ended = ids[-1] == wanted.eos_id
    if (finish == "stop") != ended or (not ended and len(ids) < wanted.max_new_tokens):
        return f"finish_reason is {finish!r} after {len(ids)} tokens: it was cut off on the way"
    return ""


def unpack(packed: Any, length: int, shape: ModelConfig) -> Int[Tensor, "L T K"]:
    """Routed experts of a sequence of `length` tokens.

    An expert of -1 (a place that the server had in its prefix cache) stays -1: a free choice.
    """
    try:
        array = np.load(io.BytesIO(base64.b64decode(packed, validate=True)), allow_pickle=False)
    except (TypeError, ValueError, EOFError, binascii.Error) as error:
        raise ServerError(f"the server's routed experts can't be read: {error}") from error
    moe, dense = shape.n_moe_layers, shape.n_layers - shape.n_moe_layers
    if array.ndim == 3 and array.shape[1] == shape.n_layers:
        array = array[:, dense:]  # counted with the layers that have one MLP
    wanted = (length - 1, moe, shape.n_activated_experts)
    if array.shape != wanted or array.dtype.kind not in "iu":
        raise ServerError(
            f"the server's routed experts have the shape {array.shape} of {array.dtype}, and "
            f"{wanted} (tokens but the last, MoE layers, experts a token) was expected"
        )
    if array.size and not -1 <= int(array.min()) <= int(array.max()) < shape.n_routed_experts:
        raise ServerError(
            f"the server names experts {array.min()} to {array.max()}, and there are "
            f"{shape.n_routed_experts}"
        )
    return torch.from_numpy(array.astype(np.int16)).permute(1, 0, 2).contiguous()
