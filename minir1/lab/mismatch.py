"""Sampler against trainer: how bugs look in the one number that finds most of them.

Every fault here is made on purpose, on the trainer's or on the sampler's side, and none raises.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from minir1.lab.charts import bars
from minir1.lab.heat import heat
from minir1.lab.picture import Picture, panels
from minir1.model.router import Routing
from minir1.model.transformer import Transformer
from minir1.rl.batch import collate
from minir1.rl.logprobs import token_logprobs
from minir1.rl.types import Batch, Rollout
from minir1.run.report.ink import LIGHT, x_label


@torch.no_grad()
def gap(model: Transformer, batch: Batch, temperature: int | float = 1.0) -> float:
    """Mean |trainer - sampler| over the tokens of the loss, in nats."""
    logprobs, _ = token_logprobs(model, batch, temperature)
    return float((logprobs - batch.old_logprobs).abs()[batch.loss_mask].mean())


def rounded(model: Transformer) -> Transformer:
    """The model with every weight rounded to bfloat16."""
    copied = copy.deepcopy(model)
    with torch.no_grad():
        for weight in copied.parameters():
            weight.copy_(weight.to(torch.bfloat16).float())
    return copied


def faults(
    model: Transformer,
    newer: Transformer,
    rollouts: Sequence[Rollout],
    hot: Sequence[Rollout],
    hot_temperature: int | float,
) -> dict[str, tuple[Transformer, Batch]]:
    """The trainer and its batch with nothing wrong, and with each of some classic faults.

    `newer` is the model one update later; `hot` was sampled at `hot_temperature`.
    """
    batch = collate(rollouts, [0.0] * len(rollouts))
    shifted = replace(batch, old_logprobs=batch.old_logprobs.roll(1, dims=1))
    bare = [replace(one, prompt_ids=one.prompt_ids[:-1], experts=None) for one in rollouts]
    return {
        "nothing wrong": (model, batch),
        "weights rounded to bfloat16": (rounded(model), batch),
        "the sampler has the weights of one update before": (newer, batch),
        f"sampled at {hot_temperature:g}, judged at 1": (model, collate(hot, [0.0] * len(hot))),
        "the trainer's prompt lacks its last tag": (model, collate(bare, [0.0] * len(bare))),
        "log-probabilities shifted by one": (model, shifted),
    }


def fault_chart(found: Mapping[str, tuple[Transformer, Batch]]) -> Picture:
    """The faults on one logarithmic scale."""
    return bars(
        "Sampler against trainer, before the first update", "mean difference, nats a token",
        {name: max(gap(*pair), 1e-9) for name, pair in found.items()}, log=True,
        marked=["nothing wrong"], fmt="{:.1e}", width=9.0,
    )  # fmt: skip


@torch.no_grad()
def where_it_is(model: Transformer, batch: Batch) -> dict[str, float]:
    """The mean |trainer - sampler| of some kinds of tokens, in nats."""
    logprobs, entropy = token_logprobs(model, batch)
    size, first = (logprobs - batch.old_logprobs).abs(), batch.loss_mask.cumsum(-1) == 1
    kinds = {
        "first token": first,
        "later tokens": ~first,
        "unsure: entropy > 0.5": entropy > 0.5,
        "sure: entropy < 0.05": entropy < 0.05,
    }
    of = {name: size[kind & batch.loss_mask] for name, kind in kinds.items()}
    return {name: float(some.mean()) if len(some) else 0.0 for name, some in of.items()}


def fingerprint_chart(found: Mapping[str, tuple[Transformer, Batch]]) -> Picture:
    """At which tokens each fault is: the mean difference, coloured by the largest of its row."""
    rows = {name: where_it_is(*pair) for name, pair in found.items()}
    values = np.array([list(row.values()) for row in rows.values()])
    share = values / values.max(1, keepdims=True).clip(1e-12)
    cols = list(next(iter(rows.values())))
    said = "; ".join(
        f"{name}: most at {cols[row.argmax()]}" for name, row in zip(rows, share, strict=True)
    )
    picture = heat(
        {"Where the difference is": share}, unit="mean of these tokens, nats; blue: the row's most",
        x_name="", rows=list(rows), cols=cols, limits=(0.0, 1.0), words=said, height=2.9, width=9.4,
    )  # fmt: skip
    for (i, j), value in np.ndenumerate(values):
        text = f"{value:.0e}" if value else "0"
        picture.figure.axes[0].text(
            j, i, text, ha="center", va="center", fontsize=8, color=LIGHT["ink"]
        )
    return picture


@torch.no_grad()
def log_ratios_after(model: Transformer, batch: Batch, replay: bool = False) -> torch.Tensor:
    """log r at every token [B T], with the experts of now or with those of the sampler."""
    forced = batch.experts if replay else None
    routing = Routing(forced_experts=forced, token_mask=batch.token_mask)
    logprobs, _ = token_logprobs(model, batch, routing=routing)
    return torch.where(batch.loss_mask, logprobs - batch.old_logprobs, 0.0)


def ratio_chart(
    model: Transformer, batch: Batch, clip_low: float = 0.2, clip_high: float = 0.28
) -> Picture:
    """Ratios after an update: of a token, of a sequence as a product, and as a geometric mean."""
    log_r = log_ratios_after(model, batch)
    counts = batch.loss_mask.sum(-1)
    kinds = {
        "of each token": log_r[batch.loss_mask].exp().numpy(),
        "of a sequence, product": log_r.sum(-1).exp().numpy(),
        "of a sequence, mean of logs": (log_r.sum(-1) / counts).exp().numpy(),
    }
    figure, row = panels(*((f"Ratio {name}", "share") for name in kinds), height=2.4)
    edges, said = np.linspace(0.4, 1.6, 41).tolist(), []
    low, high = 1 - clip_low, 1 + clip_high
    for axes, (name, values) in zip(row, kinds.items(), strict=True):
        axes.axvspan(low, high, color=LIGHT["grid"], alpha=0.45, linewidth=0)
        axes.hist(
            values.clip(0.4, 1.6), edges, weights=np.full(len(values), 1 / len(values)),
            color=LIGHT["after"],
        )  # fmt: skip
        axes.axvline(1.0, color=LIGHT["ink"], linewidth=0.8)
        x_label(axes, "ratio; grey: inside the clip")
        axes.set_xticks(
            [0.4, 0.8, 1.0, 1.28, 1.6], ["0.4 or less", "0.8", "1", "1.28", "1.6 or more"]
        )
        axes.tick_params(axis="x", labelsize=7)
        out = ((values < low) | (values > high)).mean()
        said.append(f"{name} {values.min():.2f} to {values.max():.2f}, {out:.0%} outside the clip")
    return Picture(figure, f"Ratios after one update, {'; '.join(said)}")


def replay_numbers(model: Transformer, batch: Batch) -> dict[str, tuple[float, float]]:
    """Mean and largest |log r| with the experts of now, and with the sampler's replayed."""
    found = {}
    for name, replay in (("experts of now", False), ("the sampler's experts", True)):
        size = log_ratios_after(model, batch, replay).abs()[batch.loss_mask]
        found[name] = float(size.mean()), float(size.max())
    return found
