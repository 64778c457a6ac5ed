"""Send each token to its experts, run them, and add what they say.

    y_n = sum over k of  weight_nk * expert_{idx_nk}(x_n)

The steps are the same on one core and on 8 GPUs: count the rows of each expert, permute
the rows so that each expert finds its own side by side, multiply, and combine.

`experts_torch` is the specification: read it to know what a backend must compute. Which
backend runs is chosen once, with a logged reason, and there is no silent fallback.

In the prompt's journey: inside every MoE layer, after the router.
"""

import importlib
import importlib.util
import logging
import os
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from minir1.config import ModelConfig
from minir1.model.balance import expert_load

log = logging.getLogger(__name__)


@runtime_checkable
class ExpertsFunction(Protocol):
    """What every backend offers; R = N * K rows go through the experts."""

    def __call__(
        self,
        x: Tensor,
        topk_idx: Tensor,
        topk_weight: Tensor,
        gate_up: Tensor,
        down: Tensor,
        splits: list[int] | None = None,
    ) -> Tensor:
        """[N D], [N K], [N K], [E 2F D], [E D F] -> [N D]."""
        ...


@runtime_checkable
class RouteFunction(Protocol):
    """What a backend may offer in place of the router's own torch (`router.py`)."""

    def __call__(
        self, logits: Tensor, bias: Tensor, forced: Tensor | None, config: ModelConfig
    ) -> tuple[Tensor, Tensor, Tensor]:
        """[N E], [E], [N K] -> weights [N K], experts [N K], scores [N E]."""
        ...


@runtime_checkable
class LogprobsFunction(Protocol):
    """The spec is minir1/rl/logprobs.py."""

    def __call__(
        self, hidden: Tensor, vocabulary: Tensor, targets: Tensor, temperature: float
    ) -> tuple[Tensor, Tensor]:
        """[N D], [V D], [N] -> logprobs [N] and entropy [N]."""
        ...


def experts_torch(
    x: Float[Tensor, "N D"],
    topk_idx: Int[Tensor, "N K"],
    topk_weight: Float[Tensor, "N K"],
    gate_up: Float[Tensor, "E F2 D"],
    down: Float[Tensor, "E D F"],
    splits: list[int] | None = None,
) -> Float[Tensor, "N D"]:
    """Run every token through its K experts and add the results by weight.

    `gate_up` holds each expert's gate above its up-projection, so F2 = 2 F.
    `splits` dictates how many rows each expert gets, in place of counting them: a dry run
    on tensors without data can't count.
    """
    n_tokens, k = topk_idx.shape
    expert_of_row = topk_idx.flatten()  # [R]: row n * k + j is token n's choice number j
    order = expert_of_row.argsort(stable=True)
    if splits is None:
        splits = expert_load(topk_idx[None], len(gate_up)).tolist()
    outputs = []
    permuted = x[order // k]
    experts = zip(permuted.split(splits), gate_up.unbind(), down.unbind(), strict=True)
    for rows, w_gate_up, w_down in experts:
        gate, up = F.linear(rows, w_gate_up).chunk(2, dim=-1)
        outputs.append(F.linear(F.silu(gate) * up, w_down))
    # Put each row back to its place. index_copy and not index_add: each place is written once,
    # so the sum over k has one fixed order, and the same input gives the same bits on a GPU too.
    unpermuted = torch.empty_like(permuted).index_copy(0, order, torch.cat(outputs))
    rows_of_token = unpermuted.view(n_tokens, k, x.shape[-1])
    return (rows_of_token * topk_weight[..., None]).sum(dim=1).to(x.dtype)


@dataclass(frozen=True)
class Backend:
    """Who runs the experts, and why."""

    name: str
    reason: str
    run: ExpertsFunction
    route: RouteFunction | None = None
    """Who chooses them; None is the router's own torch."""
    logprobs: LogprobsFunction | None = None
    """Who finds the logprobs of given tokens without all logits; None is rl's own torch."""


def choose_backend(name: str, device: torch.device) -> Backend:
    """Find the function that runs the experts on this device, and log why it is this one."""
    if name not in ("auto", "torch", "triton"):
        raise ValueError(f'model.backend = {name!r} can\'t be used: use "auto", "torch", "triton"')
    missing = _triton_is_missing(device)
    if name == "triton" and missing:
        raise ValueError(
            f'model.backend = "triton" can\'t be used: {missing}; '
            "install the kernels and run on a CUDA device (or, slowly, on a CPU with "
            'TRITON_INTERPRET=1), or use "torch"'
        )
    if name == "torch":
        backend = Backend("torch", "asked for", experts_torch)
    elif missing:
        backend = Backend("torch", missing, experts_torch)
    elif name == "auto" and device.type == "cpu":
        # Triton's interpreter is for tests and lessons: torch is far faster on a CPU.
        backend = Backend("torch", "the device is cpu, not cuda", experts_torch)
    else:
        run = importlib.import_module("minir1_kernels.moe").experts
        where = "in Triton's interpreter" if device.type == "cpu" else f"device is {device.type}"
        reason = f"{'asked for' if name == 'triton' else 'kernels found'}, {where}"
        backend = Backend("triton", reason, run, _route_triton, _logprobs_triton)
    log.info("experts run on %s: %s", backend.name, backend.reason)
    return backend


def compiler_options(device: torch.device) -> dict[str, Any]:
    """How a program is called that `torch.compile` wrote for this device (rl/compiled.py).

    From C++ on a CPU, where a call from Python costs as much as its work. As a CUDA graph on a
    GPU, where torch finds that it can; that was not measured yet.
    """
    return {"triton.cudagraphs": True} if device.type == "cuda" else {"cpp_wrapper": True}


def _route_triton(
    logits: Tensor, bias: Tensor, forced: Tensor | None, config: ModelConfig
) -> tuple[Tensor, Tensor, Tensor]:
    """The router's kernel, told the rule in its own words."""
    from minir1_kernels.route import Rule
    from minir1_kernels.router import route

    rule = Rule(
        k=config.n_activated_experts,
        groups=config.n_expert_groups,
        open_groups=config.n_limited_groups,
        softmax=config.score_func == "softmax",
        normalise=config.norm_topk_prob,
        scale=config.route_scale,
    )
    return route(logits, bias, forced, rule)


def _logprobs_triton(
    hidden: Tensor, vocabulary: Tensor, targets: Tensor, temperature: float
) -> tuple[Tensor, Tensor]:
    """The logprob's kernel, which would give the entropy's gradient and lse as well."""
    from minir1_kernels.logprob import token_logprobs

    vocabulary = vocabulary.to(hidden.dtype)
    logprobs, entropy, _ = token_logprobs(hidden, vocabulary, targets, temperature)
    return logprobs, entropy.detach()


def _triton_is_missing(device: torch.device) -> str:
    """Why the Triton kernels can't run here, or an empty string."""
    interpreting = os.environ.get("TRITON_INTERPRET") == "1"
    if device.type != "cuda" and not (device.type == "cpu" and interpreting):
        return f"the device is {device.type}, not cuda"
    if device.type == "cuda" and interpreting:
        return "TRITON_INTERPRET=1 keeps the kernels on the CPU"
    for package in ("triton", "minir1_kernels"):
        if importlib.util.find_spec(package) is None:
            return f"the package {package} is not installed"
    return ""
