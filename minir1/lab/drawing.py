"""How a token is drawn, in pictures: the chances as a bar, a random number, and who it meets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.patches import Rectangle

from minir1.lab.charts import columns
from minir1.lab.experts import INKS
from minir1.lab.picture import Picture, panels
from minir1.model.transformer import Transformer
from minir1.rl.logprobs import token_logprobs
from minir1.rl.rollout import LEAVE_SHARE
from minir1.rl.sampling import draw, row_key, uniforms
from minir1.rl.types import Batch, Rollout
from minir1.run.report.ink import LIGHT, as_percent, legend, x_label
from minir1.text.tokenizer import Tokenizer


@torch.no_grad()
def next_logits(model: Transformer, ids: Sequence[int]) -> torch.Tensor:
    """The logits [1 V] of the token that follows these ids."""
    return model(torch.tensor([list(ids)]))[:, -1]


def draw_chart(
    logits: torch.Tensor,
    tokenizer: Tokenizer,
    u: int | float,
    temperature: int | float,
    least: int | float = 0.012,
) -> Picture:
    """The cumulative chances as one bar, in the order of the ids, and the token that u meets."""
    token, logprob = draw(logits, torch.tensor([u]), temperature)
    chances = (logits[0] / (temperature or 1.0)).softmax(-1).numpy()
    figure, (axes,) = panels(
        ("One draw", "tokens side by side, each as wide as its chance"), height=1.75, width=9.4
    )
    left = 0.0
    for place, (word, chance) in enumerate(zip(tokenizer.words, chances, strict=True)):
        if chance >= 1e-4:
            ink = INKS[place % len(INKS)]
            axes.add_patch(Rectangle((left, 0), chance, 1, fc=ink, ec=LIGHT["paper"], lw=0.6))
        if chance >= least:
            axes.text(
                left + chance / 2, 0.5, word, ha="center", va="center", fontsize=8,
                rotation=90 if chance < 0.03 else 0, color=LIGHT["ink"],
            )  # fmt: skip
        left += float(chance)
    axes.axvline(u, color=LIGHT["bad"], linewidth=2)
    axes.annotate(
        f"u = {u:.2f}", (u, 1), (0, 3), textcoords="offset points", fontsize=8.5, ha="center",
        color=LIGHT["bad"],
    )  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(0, 1.02), yticks=[])
    axes.grid(visible=False)
    axes.set_xticks(np.linspace(0, 1, 6))
    x_label(axes, f"cumulative chance at temperature {temperature:g}")
    word = tokenizer.words[int(token)]
    said = f'u = {u:.2f} meets "{word}", log-probability {float(logprob):.2f}'
    return Picture(figure, said)


def frequency_chart(logits: torch.Tensor, tokenizer: Tokenizer, draws: int) -> Picture:
    """How often each token is drawn, beside its chance."""
    keys = torch.tensor([row_key(0, 0, 0, n) for n in range(draws)])
    tokens, _ = draw(logits.expand(draws, -1), uniforms(keys, torch.zeros_like(keys)), 1.0)
    seen = torch.bincount(tokens, minlength=logits.shape[-1]).numpy() / draws
    chances = logits[0].softmax(-1).numpy()
    top = np.sort(np.argsort(-chances)[:10])
    error = np.sqrt(chances[top] * (1 - chances[top]) / draws)
    apart = float(np.abs((seen[top] - chances[top]) / error).max())
    return columns(
        f"{draws:,} draws", "share", {"chance": chances[top], "drawn": seen[top]}, percent=True,
        x_name="token", ticks=[tokenizer.words[i] for i in top],
        words=f"The largest gap is {apart:.1f} standard errors",
    )  # fmt: skip


def alive_chart(rollouts: Sequence[Rollout]) -> Picture:
    """How many rollouts still write at each step, and how many rows the sampler computes."""
    lengths = np.array([len(one.completion_ids) for one in rollouts])
    steps = np.arange(1, lengths.max() + 1)
    writing = (lengths[None] >= steps[:, None]).sum(1)
    rows, computed = len(rollouts), []
    for alive in writing:
        if rows - alive >= LEAVE_SHARE * rows:
            rows = int(alive)
        computed.append(rows)
    figure, (axes,) = panels(("Who is still writing", "rollouts"), height=2.6, width=7.6)
    axes.fill_between(steps, writing, step="pre", color=LIGHT["after"], alpha=0.35, linewidth=0)
    axes.step(steps, writing, color=LIGHT["after"], linewidth=1.8, label="still writing")
    axes.step(
        steps, computed, color=LIGHT["blind"], linewidth=1.8, linestyle=(0, (5, 2)),
        label="rows computed",
    )  # fmt: skip
    axes.axhline(len(rollouts), color=LIGHT["muted"], linewidth=0.9, label="nobody leaves")
    axes.set_ylim(bottom=0)
    legend(axes)
    x_label(axes, "token of the completion")
    paid = sum(computed) / lengths.sum()
    unled = len(rollouts) * lengths.max() / lengths.sum()
    said = f"Rows computed for each token written: {paid:.2f}; if nobody left: {unled:.2f}"
    return Picture(figure, said)


@torch.no_grad()
def entropy_share(model: Transformer, batch: Batch) -> Picture:
    """Which share of all entropy the most uncertain tokens hold."""
    _, entropy = token_logprobs(model, batch)
    values = np.sort(entropy[batch.loss_mask].numpy())[::-1]
    held = values.cumsum() / values.sum()
    share = np.arange(1, len(values) + 1) / len(values)
    fifth = float(held[int(0.2 * len(values))])
    figure, (axes,) = panels(
        ("Where the policy is uncertain", "share of all entropy"), height=2.6, width=7.6
    )
    axes.plot(share, held, color=LIGHT["after"], linewidth=2)
    axes.plot([0, 1], [0, 1], color=LIGHT["muted"], linewidth=0.9, linestyle=(0, (3, 3)))
    axes.scatter([0.2], [fifth], s=34, color=LIGHT["after"], zorder=3)
    as_percent(axes)
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
    axes.set_xticks(np.linspace(0, 1, 6))
    x_label(axes, "share of the tokens, the most uncertain first")
    return Picture(figure, f"20% of the tokens hold {fifth:.0%} of the entropy")
