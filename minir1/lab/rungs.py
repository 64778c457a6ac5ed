"""Pictures of the ladder of routing kernels: tiles, counts, places, and what a GPU would need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.patches import Rectangle
from torch import Tensor

from minir1.lab.charts import columns, lines
from minir1.lab.compiler import compiled as compiled
from minir1.lab.compiler import register_chart as register_chart
from minir1.lab.experts import INKS
from minir1.lab.heat import heat
from minir1.lab.ladder import floors
from minir1.lab.picture import Picture, panels
from minir1.lab.stacks import stacked
from minir1.run.report.ink import LIGHT, x_label

FLOPS, BYTES = 798e12, 3.0e12
"""What an H100 sustains a second, on bf16 products and on copies: assumed in kernels/shapes.py."""


def score_map(scores: Tensor, experts: Tensor, words: Sequence[str], block: int) -> Picture:
    """Scores of tokens (down) and experts; a ring marks a choice, a line the end of a program."""
    picture = heat(
        {"The gate": scores.numpy()}, unit="score; rings: chosen; lines: where a program ends",
        x_name="expert", rows=list(words), cols=[str(e) for e in range(scores.shape[1])],
        words=f"{len(words)} tokens, {-(-len(words) // block)} programs of {block} tokens",
        height=0.7 + 0.17 * len(words), width=6.4,
    )  # fmt: skip
    axes = picture.figure.axes[0]
    for token, chosen in enumerate(experts.tolist()):
        axes.plot(chosen, [token] * len(chosen), "o", mfc="none", mec=LIGHT["bad"], ms=7)
    for end in range(block, len(words), block):
        axes.axhline(end - 0.5, color=LIGHT["ink"], linewidth=1)
    return picture


def count_map(counts: Tensor) -> Picture:
    """Rows of each expert in each tile, with their numbers."""
    table = counts.numpy()
    return heat(
        {"Counts": table}, unit="rows", x_name="tile (one program each)", y_name="expert",
        rows=[str(e) for e in range(table.shape[0])],
        cols=[str(t) for t in range(table.shape[1])], fmt="d", height=2.6, width=5.6,
        words=f"{table.sum()} rows in {table.shape[1]} tiles; each program writes its own column",
    )  # fmt: skip


def offset_bar(counts: Sequence[int]) -> Picture:
    """All rows in one line, expert after expert; below, where each begins."""
    figure, (axes,) = panels(("Offsets", "rows, sorted by expert"), height=1.5, width=9.4)
    start = 0
    for expert, count in enumerate(counts):
        axes.barh(0, count, left=start, color=INKS[expert % len(INKS)], edgecolor=LIGHT["paper"])
        if count:
            axes.text(start + count / 2, 0, str(expert), ha="center", va="center", fontsize=8)
        start += count
    axes.set_xticks(np.cumsum([0, *counts]).tolist())
    axes.tick_params(axis="x", labelsize=7)
    axes.set(yticks=[], xlim=(0, start))
    axes.grid(visible=False)
    x_label(axes, "offsets: the sum of all counts before")
    return Picture(figure, f"Offsets {np.cumsum([0, *counts]).tolist()}")


def racing(experts: Tensor, n_experts: int, block: int, seed: int) -> Tensor:
    """Places by one shared counter an expert: whoever comes first takes the first place.

    Tiles come in the order of `seed`, as programs on a GPU come in any order.
    """
    counts = torch.bincount(experts, minlength=n_experts)
    place, found = counts.cumsum(0) - counts, torch.zeros_like(experts)
    tiles = torch.arange(len(experts)).split(block)
    rng = torch.Generator().manual_seed(seed)
    for tile in torch.randperm(len(tiles), generator=rng).tolist():
        for row in tiles[tile].tolist():
            found[row] = place[experts[row]]
            place[experts[row]] += 1
    return found


def race_chart(experts: Tensor, n_experts: int, block: int, runs: int) -> Picture:
    """Share of rows that stand elsewhere than in a stable sort, run by run."""
    stable = experts.argsort(stable=True).argsort()
    moved = [float((racing(experts, n_experts, block, s) != stable).float().mean())
             for s in range(1, runs + 1)]  # fmt: skip
    return columns(
        "Places by shared counters, against the stable sort", "share of rows that stand elsewhere",
        {"moved": moved}, x_name="run", ticks=[str(s + 1) for s in range(runs)], percent=True,
        words=f"In {sum(m > 0 for m in moved)} of {runs} runs rows stand elsewhere; the stable "
        "sort gives the same places each time",
    )  # fmt: skip


def tiles_chart(counts: Sequence[int], block: int) -> Picture:
    """The tiles of a grouped product: one matrix each; hatched: computed for nothing."""
    figure, (axes,) = panels(
        ("Tiles of the grouped product", f"rows; {block} a tile, never of two experts"),
        height=1.7, width=9.4,
    )  # fmt: skip
    x, used, tiles = 0, 0, 0
    for expert, count in enumerate(counts):
        for first in range(0, count, block):
            rows = min(block, count - first)
            axes.add_patch(
                Rectangle((x, 0), block, 1, fc=LIGHT["card"], ec=LIGHT["grid"], hatch="///", lw=0)
            )
            axes.add_patch(Rectangle((x, 0), rows, 1, fc=INKS[expert % len(INKS)], lw=0))
            axes.add_patch(Rectangle((x, 0), block, 1, fc="none", ec=LIGHT["ink"], lw=0.8))
            axes.text(
                x + block / 2, 0.5, str(expert), ha="center", va="center", fontsize=8,
                bbox={"boxstyle": "round,pad=0.15", "fc": LIGHT["paper"], "ec": "none"},
            )  # fmt: skip
            x, used, tiles = x + block, used + rows, tiles + 1
    axes.set(xlim=(0, x), ylim=(0, 1.05), yticks=[])
    axes.grid(visible=False)
    x_label(axes, "places, and behind the last row of an expert places that are masked")
    return Picture(figure, f"{tiles} tiles of {block}; {1 - used / max(1, x):.0%} of their rows "
                   "are computed for nothing")  # fmt: skip


def waste_chart(cases: Mapping[str, Sequence[int]], blocks: Sequence[int]) -> Picture:
    """Share of the rows of all tiles that no row fills, by the height of a tile."""

    def waste(counts: Sequence[int], block: int) -> float:
        whole = sum(-(-count // block) * block for count in counts)
        return 1 - sum(counts) / max(1, whole)

    series = {name: [waste(c, b) for b in blocks] for name, c in cases.items()}
    return lines(
        "Work for nothing", "share of the rows in all tiles", blocks, series,
        x_name="rows of a tile", log="x", percent=True, floor=0.0,
    )  # fmt: skip


def error_chart(errors: Mapping[str, tuple[float, float]]) -> Picture:
    """Relative errors against float64: the kernels', and plain torch's in the same precision."""
    values = {
        "kernels, in the interpreter": [ours for ours, _ in errors.values()],
        "plain torch, float32": [theirs for _, theirs in errors.values()],
    }
    most = max(max(pair) for pair in errors.values())
    scaled = {name: [1e7 * one for one in found] for name, found in values.items()}
    return columns(
        "Error against float64", "ten-millionths of the typical value", scaled, x_name="",
        ticks=list(errors), words=f"The largest error is {most:.1e} of the typical value",
    )  # fmt: skip


def memory_chart(n: int, d: int, f: int, k: int) -> Picture:
    """Numbers that a layer writes and reads again between its steps, forward: torch and kernels."""
    r = n * k
    parts = {
        "x, gathered": [2.0 * r * d, 0.0],
        "gate and up": [2.0 * r * 2 * f, 1.0 * r * 2 * f],
        "silu(gate)": [2.0 * r * f, 0.0],
        "product a": [2.0 * r * f, 2.0 * r * f],
        "y, and y permuted": [4.0 * r * d, 2.0 * r * d],
    }
    parts = {name: [value * 2 / 1e9 for value in pair] for name, pair in parts.items()}
    return stacked(
        f"Written and read again, {n:,} tokens", "GB in bf16, forward", parts,
        ticks=["step by step in torch", "fused kernels, training"], x_name="", fmt="{:.2f}",
        width=7.6,
    )  # fmt: skip


def floor_chart(n: int, d: int, f: int, e: int, k: int) -> Picture:
    """The least time of each op on an H100: what arithmetic takes, and what memory takes."""
    work = floors(n, d, f, e, k)
    values = {
        "arithmetic": [1e3 * flops / FLOPS for flops, _ in work.values()],
        "memory": [1e3 * moved / BYTES for _, moved in work.values()],
    }
    bound = [name for name, (flops, moved) in work.items() if moved / BYTES > flops / FLOPS]
    whole = 1e3 * sum(max(flops / FLOPS, moved / BYTES) for flops, moved in work.values())
    whole += values["memory"][2]  # dx is gathered as the output is
    return columns(
        "Floors, computed and not measured", "milliseconds on an H100", values, x_name="",
        ticks=list(work), words=f"Forward and backward can't take less than {whole:.1f} ms. Bound "
        f"by memory: {', '.join(bound) or 'none'}",
    )  # fmt: skip
