"""Keeping experts busy, in pictures: the load, the bias rule at work, and its rounding."""

from __future__ import annotations

import copy

import numpy as np
import torch

from minir1.lab.charts import columns, lines
from minir1.lab.picture import Picture
from minir1.model.balance import balance_loss, expert_load, update_bias
from minir1.model.router import Router
from minir1.model.transformer import Transformer
from minir1.rl.types import Batch


def even_share(load: torch.Tensor) -> np.ndarray:
    """The load of each expert, where 1 is an even share."""
    load = load.float()
    return (load / load.mean(-1, keepdim=True)).numpy()


def load_chart(loads: dict[str, torch.Tensor]) -> Picture:
    """The load of each expert, by name, beside the even share."""
    shares = {name: even_share(load) for name, load in loads.items()}
    count = len(next(iter(shares.values())))
    return columns(
        "Load of each expert", "1 (dashed) is an even share", shares, x_name="expert", line=1.0,
        ticks=[str(n + 1) for n in range(count)],
    )  # fmt: skip


@torch.no_grad()
def router_inputs(model: Transformer, batch: Batch, layer: int) -> torch.Tensor:
    """What the router of a MoE layer (from 1) gets to see: one row a real token."""
    seen: list[torch.Tensor] = []

    def note(module: object, inputs: tuple) -> None:
        seen.append(inputs[0])

    hook = model.routers()[layer - 1].register_forward_pre_hook(note)
    try:
        model.hidden(batch.inputs)
    finally:
        hook.remove()
    return seen[0][batch.token_mask.flatten()]


@torch.no_grad()
def tilted(
    router: Router, tokens: torch.Tensor, expert: int = 0, push: int | float = 1.5
) -> Router:
    """A copy without any bias that likes one expert too much, whatever the token."""
    copied = copy.deepcopy(router)
    copied.e_score_correction_bias.zero_()
    middle = tokens.mean(0)
    copied.weight[expert] += push * middle / middle.square().sum()
    return copied


def balance_run(
    router: Router, tokens: torch.Tensor, steps: int, gamma: int | float, batch: int = 512
) -> tuple[list[float], torch.Tensor]:
    """Route batches of `tokens` and move a copy of the bias: the busiest load, and the last one."""
    kept = router.e_score_correction_bias.clone()
    busiest, load = [], torch.zeros(router.config.n_routed_experts)
    generator = torch.Generator().manual_seed(0)
    try:
        for _ in range(steps):
            rows = torch.randint(len(tokens), (batch,), generator=generator)
            with torch.no_grad():
                experts = router.choose(router.scores(tokens[rows]))
            load = expert_load(experts[None], router.config.n_routed_experts)
            busiest.append(float(even_share(load).max()))
            update_bias(router.e_score_correction_bias, load, gamma)
    finally:
        router.e_score_correction_bias.copy_(kept)
    return busiest, load


def gamma_chart(
    router: Router, tokens: torch.Tensor, gammas: tuple[float, ...], steps: int
) -> Picture:
    """The busiest expert over the steps, for several speeds of the bias."""
    runs = {f"gamma {g:g}": balance_run(router, tokens, steps, g)[0] for g in gammas}
    return lines(
        "The busiest expert", "load, 1 is an even share", np.arange(1, steps + 1), runs,
        x_name="step of the bias rule", floor=1.0,
    )  # fmt: skip


def rounding_chart(
    start: int | float = 0.3, gamma: int | float = 0.001, steps: int = 400
) -> Picture:
    """The same updates of a bias, kept in float32 and in bfloat16."""
    tracks = {}
    for name, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        bias, track = torch.tensor([start, start], dtype=dtype), []
        for _ in range(steps):
            update_bias(bias, torch.tensor([0, 2]), gamma)  # the first is always idle
            track.append(float(bias[0]))
        tracks[name] = track
    ends = ", ".join(f"{name} {track[-1]:.3f}" for name, track in tracks.items())
    return lines(
        f"A bias that should rise by {gamma:g} a step", "value", np.arange(1, steps + 1), tracks,
        x_name="step", words=f"After {steps} steps, from {start:g}: {ends}",
    )  # fmt: skip


def loss_by_skew(n_experts: int = 8, k: int = 2, tokens: int = 64) -> Picture:
    """The balance loss from even routing to all tokens on the same experts."""
    skews, values = np.linspace(0, 1, 21), []
    even = torch.stack([(torch.arange(k) + n * k) % n_experts for n in range(tokens)])
    for skew in skews:
        crowd = round(float(skew) * tokens)
        experts = even.clone()
        experts[:crowd] = torch.arange(k)
        scores = torch.full((1, tokens, n_experts), 0.1)
        scores.scatter_(2, experts[None], 0.9)
        values.append(float(balance_loss(scores, experts[None])))
    return lines(
        "The sequence-wise balance loss", "1 when all is even", skews, {"loss": values},
        x_name=f"share of tokens that crowd on the same {k} experts of {n_experts}", floor=0,
    )  # fmt: skip
