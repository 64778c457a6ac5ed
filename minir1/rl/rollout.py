"""The sampler: prompts in, rollouts out, with a KV cache, dropping the rows that are done.

Lengths differ: when most rollouts of a batch have ended, the few long ones should not pay
for them. Rows that have written the end token leave the batch and the cache as soon as a
quarter of the rows is done (each leaving costs a copy of the cache).

The sampler records the log-probability of each token it draws, and on request the experts
that each router chose. The trainer compares both with its own: the difference is the best
bug detector in RL.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from minir1.model.router import Routing
from minir1.model.transformer import Transformer
from minir1.rl.compiled import ROOM, CompiledStep
from minir1.rl.prefill import read_prompts, read_shared
from minir1.rl.sampling import draw, uniforms
from minir1.rl.types import Rollout

LEAVE_SHARE = 0.25
"""Share of finished rows at which they leave the batch."""


Sampler = Callable[..., list[Rollout]]
"""Whoever writes rollouts: `sample` below with its model, or a server (run/served).

(prompts, keys, and `sample`'s options) -> one rollout for each (prompt, key)
"""


@dataclass(slots=True)
class Drawn:
    """One step of decoding: what the rows that are still going wrote."""

    rows: Int[Tensor, "B"]
    """Which of the original rows these are."""
    tokens: Int[Tensor, "B"]
    logprobs: Float[Tensor, "B"]
    experts: Int[Tensor, "L B T K"] | None
    """What the routers chose for the tokens fed in this step, if recorded."""


@torch.inference_mode()
def decode(
    model: Transformer,
    prompts: Sequence[Sequence[int]],
    keys: Sequence[int],
    *,
    max_new_tokens: int,
    eos_id: int,
    temperature: float = 1.0,
    record_experts: bool = False,
    share_prompts: bool = False,
    compiled: CompiledStep | None = None,
) -> Iterator[Drawn]:
    """Write one token a step for every row, until each has ended or `max_new_tokens` is reached."""
    device = next(model.parameters()).device
    longest = max(map(len, prompts))
    limit = model.config.max_seq_len
    if longest + max_new_tokens > limit:
        raise ValueError(
            f"a prompt of {longest} tokens and max_new_tokens = {max_new_tokens} are over "
            f"model.max_seq_len = {limit}: shorten the prompt or lower max_new_tokens"
        )
    routing = Routing() if record_experts else None
    read = read_shared if share_prompts else read_prompts
    spare = ROOM if compiled else 0
    cache, hidden = read(model, prompts, longest + max_new_tokens + spare, routing)
    rows = torch.arange(len(prompts), device=device)
    done = torch.zeros_like(rows, dtype=torch.bool)
    key = torch.tensor(keys, device=device)
    tokens = torch.empty_like(rows)
    for step in range(max_new_tokens):
        if step and compiled and compiled.fits(model, len(rows)):
            tokens, logprobs, experts = compiled(model, cache, tokens, key, step, temperature)
        else:
            if step:
                routing = Routing() if record_experts else None
                hidden = model.hidden(tokens[:, None], cache=cache, routing=routing)[:, 0]
            uniform = uniforms(key, torch.full_like(key, step))
            tokens, logprobs = draw(model.head(hidden), uniform, temperature)
            experts = routing.experts if routing else None
        yield Drawn(rows, tokens, logprobs, experts if record_experts else None)
        done = done | (tokens == eos_id)
        finished = int(done.sum())  # the one time a token that Python waits for the GPU
        if finished == len(rows):
            return
        if finished >= LEAVE_SHARE * len(rows):
            keep = (~done).nonzero()[:, 0]
            cache.keep(keep)
            rows, key, tokens, done = rows[keep], key[keep], tokens[keep], done[keep]


def sample(
    model: Transformer,
    prompts: Sequence[Sequence[int]],
    keys: Sequence[int],
    *,
    max_new_tokens: int,
    eos_id: int,
    temperature: float = 1.0,
    record_experts: bool = False,
    share_prompts: bool = False,
    compiled: CompiledStep | None = None,
) -> list[Rollout]:
    """One rollout for each (prompt, key), each cut at its end token."""
    shape, device = (len(prompts), max_new_tokens), next(model.parameters()).device
    # All is written down where the model is, and read once: whoever reads waits for the GPU.
    tokens = torch.full(shape, eos_id, device=device)
    logprobs = torch.zeros(shape, device=device)
    experts: list[tuple[Tensor, Tensor]] = []
    steps = decode(
        model,
        prompts,
        keys,
        max_new_tokens=max_new_tokens,
        eos_id=eos_id,
        temperature=temperature,
        record_experts=record_experts,
        share_prompts=share_prompts,
        compiled=compiled,
    )
    for step, drawn in enumerate(steps):
        tokens[drawn.rows, step] = drawn.tokens
        logprobs[drawn.rows, step] = drawn.logprobs
        if drawn.experts is not None:
            experts.append((drawn.rows, drawn.experts.to(torch.int16)))
    tokens, logprobs = tokens.cpu(), logprobs.cpu()
    routes = _routes(experts, [len(prompt) for prompt in prompts], max_new_tokens)
    ended = tokens == eos_id  # every unwritten place holds the end token too
    counts = torch.where(ended.any(-1), ended.int().argmax(-1) + 1, max_new_tokens).tolist()
    return [
        Rollout(
            prompt_ids=list(prompt),
            completion_ids=tokens[row, :count].tolist(),
            logprobs=logprobs[row, :count].tolist(),
            stop_reason="eos" if tokens[row, count - 1] == eos_id else "length",
            # A copy: a view that is sent to another process takes the whole batch along.
            experts=None if routes is None else routes[:, row, : len(prompt) + count - 1].clone(),
        )
        for row, (prompt, count) in enumerate(zip(prompts, counts, strict=True))
    ]


def _routes(
    steps: list[tuple[Tensor, Tensor]], prompt_lengths: list[int], max_new_tokens: int
) -> Tensor | None:
    """Put the recorded experts of all steps into one "L B T K" tensor, place by place."""
    if not steps:
        return None
    _, first = steps[0]
    n_layers, n_rows, longest, k = first.shape
    routes = first.new_zeros(n_layers, n_rows, longest + max_new_tokens, k)
    routes[:, :, :longest] = first
    starts = torch.tensor(prompt_lengths, device=routes.device)
    for step, (rows, chosen) in enumerate(steps[1:]):
        routes[:, rows, starts[rows] + step] = chosen[:, :, 0]
    return routes.cpu()
