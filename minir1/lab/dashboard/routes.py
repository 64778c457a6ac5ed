"""The experts of a run: how evenly they work, and who served each token of a rollout.

An expert has a pale colour and always its number too; text on a pale colour is dark in both
themes.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from minir1.lab.experts import INKS
from minir1.run.doctor.machinery import BUSY, IDLE
from minir1.run.jsonl import Row

WIDTH, HEIGHT, FLOOR, TOP = 300, 110, 92, 8


def load_html(row: Row) -> str:
    """The load of every expert, one chart a MoE layer."""
    if not row["load"]:
        return "<p>This model has no experts.</p>"
    top = max(2.0, *(max(layer) for layer in row["load"]))
    parts = [load_chart(number, layer, top) for number, layer in enumerate(row["load"], 1)]
    return f'<div class="charts">{"".join(parts)}</div>'


def load_chart(number: int, load: Sequence[float], top: float) -> str:
    """One layer's loads as bars; the dashed line is an even share."""
    pitch = (WIDTH - 20) / len(load)
    y = (FLOOR - TOP) / top
    bars = []
    for place, value in enumerate(load):
        x, tall = 10 + place * pitch, value * y
        ink = "after" if IDLE < value < BUSY else "bad"  # as the doctor's dead_experts
        bars.append(
            f'<rect x="{x + 0.12 * pitch:.1f}" y="{FLOOR - tall:.1f}" width="{0.76 * pitch:.1f}" '
            f'height="{max(tall, 0.8):.1f}" fill="var(--{ink})"/>'
        )
        if len(load) <= 32:
            middle = x + pitch / 2
            bars.append(f'<text x="{middle:.1f}" y="{FLOOR + 13}" text-anchor="middle">'
                        f"{place + 1}</text>")  # fmt: skip
    even = FLOOR - y
    line = f'<path d="M8 {even:.1f}H{WIDTH - 8}" stroke="var(--ink)" stroke-dasharray="4 3"/>'
    said = f"MoE layer {number}: loads from {min(load):.2f} to {max(load):.2f}, 1 is even"
    return (
        f"<figure><figcaption><b>MoE layer {number}</b> <output>{min(load):.2f} to {max(load):.2f}"
        "</output><br><small>load of each expert, 1 is even</small></figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{said}">'
        f"{''.join(bars)}{line}</svg></figure>"
    )


def routes_html(row: Row, rollout: int) -> str:
    """Each token of a rollout (from 1) above its experts: a line a layer, the first on top."""
    one = row["rollouts"][min(rollout, len(row["rollouts"])) - 1]
    if not one.get("experts"):
        return ""
    layers = len(one["experts"][0])
    words = zip(one["tokens"], one["experts"], strict=False)  # the last token was not fed
    columns = "".join(column(word, experts) for word, experts in words)
    told = f"below each token its experts, one line for each of the {layers} MoE layers"
    return f'<p>Rollout {rollout}, {told}.</p><div class="routes">{columns}</div>'


def column(word: str, experts: Sequence[Sequence[int]]) -> str:
    """One token and who served it."""
    lines = "".join(f"<div>{''.join(map(chip, sorted(layer)))}</div>" for layer in experts)
    return f"<div><b>{escape(word.strip()) or '&nbsp;'}</b>{lines}</div>"


def chip(expert: int) -> str:
    """An expert's number on its colour; experts count from 1 on the page."""
    return f'<i style="background:{INKS[expert % len(INKS)]}">{expert + 1}</i>'
