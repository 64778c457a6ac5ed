"""The cache in numbers and pictures: who shares what, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from matplotlib.patches import FancyArrowPatch

from minir1.config import ModelConfig
from minir1.lab.charts import bars, lines
from minir1.lab.picture import Picture
from minir1.lab.tokens import HEIGHT, box, new_sheet
from minir1.model.count import attention_flops, cache_bytes, forward_flops
from minir1.run.report.ink import LIGHT


def sharing() -> Picture:
    """Query heads above, what is cached below, for three kinds of attention."""
    figure, axes = new_sheet(9.4, 2.3)
    kinds = (("multi-head", 8), ("grouped, 2 key heads", 2), ("latent", 1))
    for number, (name, shared) in enumerate(kinds):
        left, step = 0.12 + number * 3.15, 0.36
        axes.text(left, 0.18, name, fontsize=9.5, weight="bold", va="center", color=LIGHT["ink"])
        for head in range(8):
            x = left + head * step
            box(axes, x, 0.45, 0.3, "q", LIGHT["card"])
            group = 8 // shared
            middle = left + (head // group + 0.5) * group * step - 0.03
            arrow = FancyArrowPatch(
                (x + 0.15, 0.45 + HEIGHT), (middle, 1.45), arrowstyle="-", color=LIGHT["muted"],
                linewidth=0.9, shrinkA=0, shrinkB=0,
            )  # fmt: skip
            axes.add_patch(arrow)
        for one in range(shared):
            middle = left + (one + 0.5) * (8 // shared) * step - 0.03
            word, wide = ("k v", 0.33) if shared > 1 else ("latent + one rope key", 1.75)
            box(axes, middle - wide / 2, 1.45, wide, word, "#bcd3fa")
        note = {8: "16 vectors a token", 2: "4 vectors a token", 1: "1 short vector a token"}[
            shared
        ]
        axes.text(left, 1.98, f"cached: {note}", fontsize=8.5, va="center", color=LIGHT["after"])
    return Picture(
        figure, "8 query heads share 8, 2 or 1 cached things: multi-head, grouped, latent"
    )


def variants(config: ModelConfig) -> dict[str, ModelConfig]:
    """The same model with other attentions: a key a head, fewer keys, one key, a latent."""
    heads, width = config.n_heads, config.qk_nope_head_dim
    gqa = replace(config, attention="gqa", head_dim=width, n_kv_heads=heads)
    return {
        "MHA, a key a head": gqa,
        "GQA, 8 heads a key": replace(gqa, n_kv_heads=max(1, heads // 8)),
        "MQA, one key": replace(gqa, n_kv_heads=1),
        "MLA, one latent": config,
    }


def generation_flops(config: ModelConfig, lengths: Sequence[int]) -> dict[str, list[float]]:
    """FLOPs to write this many tokens: with a cache, and reading all again for each token."""
    most = max(lengths)
    one = np.array([forward_flops(config, t, "absorbed") for t in range(1, most + 1)])
    again = np.array([t * forward_flops(config, t / 2) for t in range(1, most + 1)])
    return {
        "all again for each token": [float(again[:n].sum()) for n in lengths],
        "with a cache": [float(one[:n].sum()) for n in lengths],
    }


def decode_flops(config: ModelConfig, contexts: Sequence[int]) -> dict[str, list[float]]:
    """FLOPs of one new token in one attention layer, over the tokens it looks back on."""
    expand = 2.0 * config.kv_lora_rank * config.n_heads
    expand *= config.qk_nope_head_dim + config.v_head_dim
    return {
        "naive: expand every latent again": [
            attention_flops(config, n, "naive") + expand * n for n in contexts
        ],
        "absorbed: attend on the latents": [
            attention_flops(config, n, "absorbed") + expand for n in contexts
        ],
    }


def generation_chart(config: ModelConfig) -> Picture:
    """The work to write an answer, with a cache and without."""
    lengths = [1, 3, 10, 30, 100, 300, 1000, 3000]
    flops = generation_flops(config, lengths)
    again, cached = (flops[name][lengths.index(1000)] for name in flops)
    return lines(
        "Work to write an answer, DeepSeek-V3", "FLOPs", lengths, flops, x_name="tokens", log="xy",
        words=f"At 1,000 tokens the cache saves a factor of {again / cached:.0f}",
    )  # fmt: skip


def cache_chart(config: ModelConfig, tokens: int, memory_gib: int | float = 80.0) -> Picture:
    """The cache of one thought under each kind of attention, and how many fit into a GPU."""
    bill = {name: cache_bytes(model) * tokens / 2**30 for name, model in variants(config).items()}
    fit = ", ".join(f"{name}: {int(memory_gib / gib)}" for name, gib in bill.items())
    return bars(
        f"Cache of one thought of {tokens:,} tokens, DeepSeek-V3's sizes",
        "GiB in bfloat16, log scale", bill, log=True, marked=["MLA, one latent"],
        words=f"Thoughts that fit into {memory_gib:g} GiB, weights apart: {fit}",
    )  # fmt: skip


def decode_chart(config: ModelConfig) -> Picture:
    """One new token: the naive form against the absorbed one."""
    contexts = [1, 10, 100, 1000, 10_000, 32_768]
    flops = decode_flops(config, contexts)
    naive, absorbed = (curve[-1] for curve in flops.values())
    return lines(
        "One new token in one layer of DeepSeek-V3", "FLOPs", contexts, flops, log="xy",
        x_name="tokens looked back on",
        words=f"At {contexts[-1]:,} tokens the absorbed form does {naive / absorbed:.0f} times "
        "less work",
    )  # fmt: skip
