"""Who does what, and who holds what, when several processes share a step: pictures of a crew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import LogLocator

from minir1.lab.charts import columns, lines
from minir1.lab.experts import INKS
from minir1.lab.picture import Picture, panels
from minir1.run.report.ink import LIGHT, x_label

Held = Sequence[Sequence[tuple[str, tuple[int, ...], list[int], list[int]]]]
"""For each process: name, whole shape, offset and shape of its part, of every tensor."""


def dealt_chart(found: Sequence[Mapping[str, Any]]) -> Picture:
    """Every rollout as a bar as long as its tokens, in the lane of the process that wrote it."""
    lengths = [len(one) for one in found[0]["rollouts"]]
    lanes = len(found)
    figure, (axes,) = panels(
        ("Who wrote which rollout", "one bar a rollout, its number beside it"),
        height=0.6 + 0.14 * len(lengths) + 0.1 * lanes, width=8.6,
    )  # fmt: skip
    y, most, waits = 0.0, max(lengths), 0
    for rank, one in enumerate(found):
        start = y
        for row in one["mine"]:
            axes.barh(y, lengths[row], height=0.78, color=INKS[rank % len(INKS)])
            axes.text(lengths[row] + 0.6, y, str(row), fontsize=6, va="center", color=LIGHT["ink"])
            y += 1
        longest = max((lengths[row] for row in one["mine"]), default=0)
        waits += most - longest
        axes.add_patch(Rectangle(
            (longest + 5, start - 0.4), max(0, most - longest - 5), y - start - 0.2, fc="none",
            ec=LIGHT["muted"], hatch="///", lw=0, alpha=0.35,
        ))  # fmt: skip
        axes.text(-1, (start + y - 1) / 2, f"process {rank}", ha="right", va="center", fontsize=8)
        y += 0.8
    axes.set(yticks=[], xlim=(0, most * 1.06))
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    x_label(axes, "tokens of the completion; hatched: waiting for the longest of all")
    share = waits / (most * lanes)
    said = ", ".join(f"{len(one['mine'])} by process {r}" for r, one in enumerate(found))
    return Picture(
        figure, f"{len(lengths)} rollouts: {said}. Processes wait for {share:.0%} of the step"
    )


def held_map(found: Held, names: Mapping[str, str]) -> Picture:
    """Some tensors as fields: axis 0 to the right, axis 1 down, coloured by who holds the part."""
    figure, row = panels(*((title, "") for title in names.values()), height=2.5)
    owners: dict[str, int] = {}
    for axes, name in zip(row, names, strict=True):
        for rank, tensors in enumerate(found):
            _, whole, offset, shape = next(one for one in tensors if one[0] == name)
            down, tall = (offset[1], shape[1]) if len(shape) > 1 else (0, 1)
            axes.add_patch(Rectangle(
                (offset[0], down), shape[0], tall, fc=INKS[rank], ec=LIGHT["paper"], lw=1.5
            ))  # fmt: skip
            axes.text(
                offset[0] + shape[0] / 2, down + tall / 2, str(rank), ha="center", va="center",
                fontsize=10, color=LIGHT["ink"],
            )  # fmt: skip
            owners[name] = owners.get(name, 0) + int(np.prod(shape))
        axes.set(xlim=(0, whole[0]), ylim=((*whole, 1)[1], 0))
        axes.grid(visible=False)
        x_label(axes, f"axis 0 of {tuple(whole)}")
        axes.set_ylabel("axis 1", fontsize=8, color=LIGHT["muted"])
    shapes = {name: whole for name, whole, *_ in found[0]}
    complete = all(owners[name] == np.prod(shapes[name]) for name in names)
    said = "Each number lies in exactly one process" if complete else "Some numbers lie twice"
    return Picture(figure, f"{said}. Shown: {', '.join(names.values())}")


MEETINGS = {"all-gather": "after", "all-to-all": "blind", "reduce-scatter": "good"}


def meeting_chart(events: Sequence[tuple[str, int]]) -> Picture:
    """The collectives of one training pass, in the order of time, each as tall as its bytes."""
    figure, (axes,) = panels(
        ("One training pass, seen from process 0", "kB of each meeting"), height=2.5, width=9.4
    )
    for place, (kind, size) in enumerate(events):
        axes.bar(place, size / 1e3, width=0.85, color=LIGHT[MEETINGS[kind]])
    figure.set_size_inches(9.4, 2.8)
    figure.legend(
        handles=[Patch(color=LIGHT[ink], label=kind) for kind, ink in MEETINGS.items()],
        loc="outside lower left", ncols=3, fontsize=8, frameon=False, labelcolor=LIGHT["ink"],
    )  # fmt: skip
    axes.set_xticks([])
    axes.grid(axis="x", visible=False)
    x_label(axes, "time: forward, then backward")
    counts = {kind: [s for k, s in events if k == kind] for kind in MEETINGS}
    said = ", ".join(f"{len(s)} x {kind} ({sum(s) / 1e3:.0f} kB)" for kind, s in counts.items())
    return Picture(figure, f"{len(events)} meetings: {said}")


def difference_chart(alone: Sequence[Mapping[str, float]], others: Mapping[str, Any]) -> Picture:
    """How far the losses of other layouts are from those of one process."""
    found = {
        name: [max(abs(a["loss"] - b["loss"]), 1e-10) for a, b in zip(alone, run, strict=True)]
        for name, run in others.items()
    }
    steps = list(range(1, len(alone) + 1))
    most = max(max(one) for one in found.values())
    picture = lines(
        "Distance from the loss of one process", "nats a token; 0 is drawn at the bottom", steps,
        found, x_name="update", log="y",
        words=f"The largest difference of any update is {most:.1e}",
    )  # fmt: skip
    axes = picture.figure.axes[0]
    axes.axhline(1e-6, color=LIGHT["bad"], linewidth=1)
    axes.annotate(
        "what the tests allow", (1, 1e-6), (-2, 3), xycoords=("axes fraction", "data"), ha="right",
        textcoords="offset points", fontsize=7.5, color=LIGHT["bad"],
    )  # fmt: skip
    axes.set_ylim(1e-10, 1e-5)
    axes.yaxis.set_major_locator(LogLocator(10))
    axes.set_xticks(steps)
    return picture


def weight_columns(counts: Sequence[int]) -> Picture:
    """What one token weighs, by process: in the mean of all tokens, and in the mean of means."""
    whole = sum(counts)
    values = {
        "mean over all tokens": [1e3 / whole for _ in counts],
        "mean of the processes' means": [1e3 / (len(counts) * n) for n in counts],
    }
    off = max(values["mean of the processes' means"]) / (1e3 / whole)
    return columns(
        "What one token weighs in the loss", "thousandths", values, x_name="process (its tokens)",
        ticks=[f"{r} ({n})" for r, n in enumerate(counts)],
        words=f"In the mean of means a token of the shortest part weighs {off:.1f} times its due",
    )  # fmt: skip
