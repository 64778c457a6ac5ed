"""What a recipe would cost, seen from its levers: GPUs, lengths, chips, and what nobody knows."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from minir1 import recipes
from minir1.config import Config
from minir1.lab.charts import bars, columns, draw_lines
from minir1.lab.picture import Picture, panels
from minir1.lab.stacks import draw_stack, stacked
from minir1.plan.chips import CHIPS, chip
from minir1.plan.fits import peaks, too_much
from minir1.plan.hours import hours, step_seconds
from minir1.plan.memory import RESERVE
from minir1.plan.workload import Assumptions
from minir1.run.report.ink import LIGHT, legend, x_label


def at(recipe: str, gpus: int, longest: int = 0) -> Config:
    """A recipe on other GPUs, or with another budget of tokens."""
    config = recipes.get(recipe)
    owners = min(config.parallel.expert_parallel, gpus)
    zero = replace(config.zero, length_schedule=()) if longest else config.zero
    longest = longest or zero.max_new_tokens
    return replace(
        config,
        zero=replace(zero, max_new_tokens=longest),
        parallel=replace(config.parallel, expert_parallel=owners),
    )


def memory_bars(recipe: str) -> Picture:
    """What one GPU holds at the two peaks of a step."""
    config = recipes.get(recipe)
    one, found = chip(config.gpu or "h800"), peaks(config, config.gpus, Assumptions())
    kinds = list(dict.fromkeys(kind for peak in found.values() for kind in peak))
    parts = {k: [peak.get(k, 0.0) / 1e9 for peak in found.values()] for k in kinds}
    small = [parts.pop(kind) for kind in kinds if max(parts[kind]) < 2]
    if small:  # few enough parts for the legend, and the sums stay whole
        parts["others"] = [sum(sizes) for sizes in zip(*small, strict=True)]
    room = one.memory * (1 - RESERVE) / 1e9
    most = max(sum(peak.values()) for peak in found.values()) / 1e9
    return stacked(
        f"{recipe}: memory of one GPU", "GB", parts, ticks=list(found), x_name="",
        line=(f"{one.name}, minus a tenth", room), width=9.4, height=3.0,
        words=f"The higher peak is {most:.0f} GB of {room:.0f}",
    )  # fmt: skip


def gpus_chart(recipe: str, counts: Sequence[int]) -> Picture:
    """Hours and dollars by the number of GPUs."""
    one, a = chip(recipes.get(recipe).gpu or "h800"), Assumptions()
    found = [hours(at(recipe, count), one, count, a) for count in counts]
    figure, row = panels(("Time", "hours"), ("Price", "dollars"), height=2.6)
    time_parts = ("sampling", "training", "evaluation")
    parts = {part: [time[part] for time in found] for part in time_parts}
    names = [str(count) for count in counts]
    draw_stack(row[0], parts, ticks=names, x_name="GPUs", fmt="{:.1f}")
    paid = [sum(t.values()) * n * one.dollars_per_hour for t, n in zip(found, counts, strict=True)]
    row[1].bar(names, paid, color=LIGHT["after"], width=0.62)
    for place, price in enumerate(paid):
        row[1].annotate(
            f"${price:,.0f}", (place, price), (0, 3), textcoords="offset points", ha="center",
            fontsize=8, color=LIGHT["ink"],
        )  # fmt: skip
    row[1].set_ylim(top=1.15 * max(paid))
    x_label(row[1], "GPUs")
    legend(row[0])
    return Picture(
        figure,
        f"From {counts[0]} to {counts[-1]} GPUs: {sum(found[0].values()):.0f} to "
        f"{sum(found[-1].values()):.0f} hours, ${paid[0]:,.0f} to ${paid[-1]:,.0f}",
    )


def lengths_chart(recipe: str, lengths: Sequence[int]) -> Picture:
    """Dollars by the longest answer that is allowed."""
    config = recipes.get(recipe)
    one, gpus = chip(config.gpu or "h800"), config.gpus
    found = [hours(at(recipe, gpus, longest), one, gpus, Assumptions()) for longest in lengths]
    rate = gpus * one.dollars_per_hour
    parts = {p: [t[p] * rate for t in found] for p in ("sampling", "training", "evaluation")}
    return stacked(
        f"{recipe}: what longer answers cost", "dollars", parts, fmt="${:,.0f}",
        ticks=[f"{longest:,}" for longest in lengths], x_name="max_new_tokens",
    )  # fmt: skip


def chips_chart(recipe: str, gpus: int) -> Picture:
    """Dollars on each chip; those on which it does not fit are grey."""
    a, config = Assumptions(), at(recipe, gpus)
    paid, fits = {}, []
    for one in CHIPS:
        paid[one.name] = sum(hours(config, one, gpus, a).values()) * gpus * one.dollars_per_hour
        if not too_much(config, one, gpus, a):
            fits.append(one.name)
    return bars(
        f"{recipe} on {gpus} of each chip", "dollars; grey: it does not fit", paid, marked=fits,
        fmt="${:,.0f}", words=f"It fits on {', '.join(fits) or 'none of them'}",
    )  # fmt: skip


RANGES = {
    "mean_length_share": (0.2, 0.7),
    "training_mfu": (0.05, 0.28),
    "memory_efficiency": (0.3, 0.8),
    "layer_overhead_s": (0.0003, 0.001),
}
"""What nobody knows before the run: from low to high."""

MEANINGS = {
    "mean_length_share": "mean answer, as a share of the longest allowed",
    "training_mfu": "MFU while it trains",
    "memory_efficiency": "share of the memory's rate that decoding reaches",
    "layer_overhead_s": "seconds to start the kernels of one layer",
}


def unknown_chart(recipe: str, draws: int) -> Picture:
    """Dollars when the assumptions are drawn from ranges."""
    config, rng = recipes.get(recipe), random.Random(0)
    one, gpus = chip(config.gpu or "h800"), config.gpus
    paid = []
    for _ in range(draws):
        values: dict[str, Any] = {name: rng.uniform(*ends) for name, ends in RANGES.items()}
        time = sum(hours(config, one, gpus, Assumptions(**values)).values())
        paid.append(time * gpus * one.dollars_per_hour)
    low, middle, high = np.percentile(paid, [5, 50, 95])
    figure, (axes,) = panels((f"{recipe}: {draws} draws", "draws"), height=2.4, width=7.6)
    axes.hist(paid, bins=min(30, draws), color=LIGHT["after"], alpha=0.75)
    for level, name in ((low, "5%"), (middle, "half"), (high, "95%")):
        axes.axvline(level, color=LIGHT["ink"], linewidth=1, linestyle=(0, (4, 2)))
        axes.annotate(
            f"{name}: ${level:,.0f}", (level, 1), (3, -3), xycoords=("data", "axes fraction"),
            textcoords="offset points", fontsize=7.5, va="top", color=LIGHT["ink"],
        )  # fmt: skip
    x_label(axes, "dollars")
    return Picture(figure, f"From ${low:,.0f} to ${high:,.0f} in 90% of the draws")


def dry_chart(compared: Mapping[str, tuple[float, float]]) -> Picture:
    """What the code takes on simulated GPUs, as a share of what the formulas say."""
    shown = {name: seen / ours for name, (ours, seen) in compared.items() if ours}
    said = ", ".join(f"{name} {value:.3f}" for name, value in shown.items())
    return columns(
        "The code on simulated GPUs", "dry run / formula", {"ratio": list(shown.values())},
        x_name="", ticks=list(shown), line=1.0, words=f"1 is equal: {said}", width=6.4,
    )  # fmt: skip


def spending_chart(recipe: str, limit: float) -> Picture:
    """Dollars over the steps of a run, and where a limit stops it."""
    config, a = recipes.get(recipe), Assumptions()
    one = chip(config.gpu or "h800")
    figure, (axes,) = panels((f"{recipe}: spent so far", "dollars"), height=2.5, width=7.6)
    steps, series, ends = list(range(config.zero.steps + 1)), {}, {}
    for name, share in (
        ("as planned", 0.4),
        ("answers end early", 0.2),
        ("decoding half as fast", 0.4),
    ):
        slow = 2.0 if "half" in name else 1.0
        found = step_seconds(config, one, config.gpus, replace(a, mean_length_share=share))
        second = config.gpus * one.dollars_per_hour / 3600
        price = (found["sampling"] * slow + found["training"]) * second
        series[name] = [price * step for step in steps]
        ends[name] = min(config.zero.steps, int(limit / price))
    draw_lines(axes, steps, series, x_name="step", floor=0)
    axes.axhline(limit, color=LIGHT["bad"], linewidth=1.1, linestyle=(0, (4, 2)))
    axes.annotate(
        f"--max-dollars {limit:g}", (0, limit), (2, 3), xycoords=("axes fraction", "data"),
        textcoords="offset points", fontsize=7.5, color=LIGHT["bad"],
    )  # fmt: skip
    said = ", ".join(f"{name} at step {end}" for name, end in ends.items())
    return Picture(figure, f"With --max-dollars {limit:g} the run ends: {said}")


def changes(a: str, b: str, names: Sequence[str]) -> list[tuple[Any, ...]]:
    """The fields of these names in two recipes."""
    from minir1.run.home import differences

    found = differences(recipes.get(a), recipes.get(b))
    seen = {name: ["none" if value == "" else value for value in found[name]] for name in found}
    return [(name, *seen[name]) for name in names if name in seen]
