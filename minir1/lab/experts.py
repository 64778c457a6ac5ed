"""Looking into a mixture of experts: who serves which token, how evenly, and who is missed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.patches import Rectangle

from minir1.lab.charts import columns
from minir1.lab.corpus import KINDS, token_kinds
from minir1.lab.heat import heat
from minir1.lab.picture import Picture, panels
from minir1.lab.surgery import loss_of
from minir1.lab.tokens import CHARACTER, HEIGHT, TOP, heading, new_sheet
from minir1.model.router import Routing
from minir1.model.transformer import Transformer
from minir1.rl.types import Batch
from minir1.run.report.ink import LIGHT, x_label
from minir1.text.corpus import Document
from minir1.text.tokenizer import Tokenizer

INKS = ("#9dbdf7", "#f0c48a", "#9ad4b3", "#e5a59d", "#c8b6e8", "#e9dc86", "#9ed3dc", "#cfcabf")
"""Eight pale colours for eight experts; the number is always written on them too."""


@torch.no_grad()
def routes(model: Transformer, ids: Sequence[int]) -> Routing:
    """What the routers do with one sequence."""
    routing = Routing()
    model.hidden(torch.tensor([list(ids)]), routing=routing)
    return routing


def router_steps(scores: np.ndarray, bias: np.ndarray, k: int) -> Picture:
    """One token at one router: affinities, the choice with the bias, and the weights."""
    figure, row = panels(
        ("Affinity s", "sigmoid of W x"), ("Choice: s + bias", f"the top {k} win"),
        ("Weight", "s of the chosen, divided by their sum"), height=2.5,
    )  # fmt: skip
    biased = scores + bias
    chosen = np.argsort(-biased)[:k]
    weights = np.zeros_like(scores)
    weights[chosen] = scores[chosen] / scores[chosen].sum()
    places = np.arange(1, len(scores) + 1)
    colors = [LIGHT["after" if i in chosen else "before"] for i in range(len(scores))]
    for axes, values in zip(row, (scores, biased, weights), strict=True):
        axes.bar(places, values, color=colors, width=0.7)
        axes.axhline(0, color=LIGHT["ink"], linewidth=0.8)
        x_label(axes, "expert")
    said = ", ".join(f"expert {i + 1} with weight {weights[i]:.2f}" for i in sorted(chosen))
    return Picture(figure, f"Chosen: {said}")


def route_map(words: Sequence[str], routing: Routing, layer: int) -> Picture:
    """The experts of every token at one MoE layer (from 1): a column a token, a line a choice."""
    experts = routing.experts[layer - 1, 0].sort(-1).values + 1  # [T K]
    k = experts.shape[1]
    room, left = 9.4, 0.03
    spots, line, x = [], 0, left
    for word in words:
        width = max(len(word) * CHARACTER + 0.13, 0.3)
        if x + width > room:
            line, x = line + 1, left
        spots.append((line, x, width))
        x += width + 0.04
    pitch = HEIGHT * (1 + k) + 0.16
    figure, axes = new_sheet(room + 0.1, TOP + (line + 1) * pitch)
    heading(axes, f"MoE layer {layer}: each token above the {k} experts that serve it")
    for (line, x, width), word, row in zip(spots, words, experts.tolist(), strict=True):
        y = TOP + line * pitch
        middle = {"ha": "center", "va": "center_baseline", "fontsize": 8.5, "color": LIGHT["ink"]}
        axes.text(x + width / 2, y + HEIGHT / 2, word, family="DejaVu Sans Mono", **middle)
        for place, expert in enumerate(row, 1):
            ink = INKS[(expert - 1) % len(INKS)]
            top = y + HEIGHT * place
            axes.add_patch(Rectangle((x, top), width, HEIGHT, fc=ink, ec=LIGHT["paper"]))
            axes.text(x + width / 2, top + HEIGHT / 2, str(expert), **middle)
    first = "; ".join(f"{w}: {r}" for w, r in list(zip(words, experts.tolist(), strict=True))[:12])
    return Picture(figure, f"Experts of MoE layer {layer} by token: {first} ...")


def expert_by_kind(
    model: Transformer, tokenizer: Tokenizer, pieces: Sequence[Document]
) -> tuple[np.ndarray, np.ndarray]:
    """Counts [L kinds E] of which expert served the tokens of each kind, and all pairs flat.

    The second part, [tokens, 1 + L * K], has the kind of each token and its experts.
    """
    found = []
    for piece in pieces:
        words = [*piece.prompt.split(), *piece.text.split()]
        if not piece.prompt:
            continue
        chosen = routes(model, [tokenizer.bos_id, *tokenizer.encode(" ".join(words))]).experts
        start = len(piece.prompt.split()) + 1
        kinds = [KINDS.index(kind) for kind in token_kinds(piece.text.split())]
        flat = chosen[:, 0, start:].permute(1, 0, 2).flatten(1).numpy()
        found.append(np.column_stack([kinds, flat]))
    table = np.concatenate(found)
    n_layers, n_experts = model.config.n_moe_layers, model.config.n_routed_experts
    counts = np.zeros((n_layers, len(KINDS), n_experts))
    per_layer = table[:, 1:].reshape(len(table), n_layers, -1)
    for layer in range(n_layers):
        for choice in per_layer[:, layer].T:
            np.add.at(counts[layer], (table[:, 0], choice), 1)
    return counts, table


def kind_maps(counts: np.ndarray) -> Picture:
    """For each kind of token: the share of its visits that each expert gets, by layer."""
    shares = counts / counts.sum(-1, keepdims=True)
    maps = {f"MoE layer {n + 1}": shares[n] for n in range(len(shares))}
    names = [str(e + 1) for e in range(shares.shape[-1])]
    top = ", ".join(
        f"{kind} {shares[:, row].max():.0%}" for row, kind in enumerate(KINDS)
    )  # the strongest preference anywhere
    return heat(
        maps, unit="share of the visits", x_name="expert", rows=list(KINDS), cols=names,
        words=f"The largest share of a kind's visits that one expert gets: {top}", height=2.9,
    )  # fmt: skip


def damage_chart(rise: np.ndarray) -> Picture:
    """How much the loss rises without each expert."""
    n_layers, n_experts = rise.shape
    values = {f"layer {n + 1}": rise[n] for n in range(n_layers)}
    layer, expert = np.unravel_index(rise.argmax(), rise.shape)
    return columns(
        "One expert taken away", "rise of the loss, nats a token", values, x_name="expert",
        ticks=[str(n + 1) for n in range(n_experts)],
        words=f"Most missed: expert {expert + 1} of MoE layer {layer + 1}, +{rise.max():.3f} nats; "
        f"{(rise < 0.005).mean():.0%} of the experts cost less than 0.005 nats",
    )  # fmt: skip


@torch.no_grad()
def missing_expert(model: Transformer, batch: Batch) -> np.ndarray:
    """The rise of the loss [L E] when one expert can't be chosen; another takes its tokens."""
    whole = loss_of(model, batch)
    rise = np.zeros((model.config.n_moe_layers, model.config.n_routed_experts))
    for layer, router in enumerate(model.routers()):
        bias = router.e_score_correction_bias
        for expert in range(rise.shape[1]):
            kept = bias[expert].clone()
            bias[expert] = float("-inf")
            rise[layer, expert] = loss_of(model, batch) - whole
            bias[expert] = kept
    return rise
