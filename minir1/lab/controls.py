"""What a method is worth beside its controls: differences from the table of claims, one a line.

an interval right of 0   the method is better than this control
across 0                 these seeds can't tell
left of 0                the control is better
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minir1.lab.curves import draw_intervals
from minir1.lab.picture import Picture, panels
from minir1.run.report.ink import LIGHT

RL = {
    "pure RL/base": "the base",
    "pure RL/more_base": "as many FLOPs: more base training",
    "pure RL/rejection": "as many FLOPs: fine-tuning on its own right samples",
    "pure RL/sft_gold": "as many FLOPs: fine-tuning on worked solutions",
    "pure RL/random_reward": "the same RL, paid by the toss of a coin",
    "pure RL/format_reward": "the same RL, paid for the form alone",
    "thinking/length alone": "the base, made as long",
    "thinking/vote": "the base's majority vote, as many tokens",
}
DISTILLED = {
    "distilling/learns": "distilled, beside the student's base",
    "distilling/beats RL": "distilled, beside RL alone at equal total FLOPs",
    "distilling/both": "distilled and then RL, beside distilled",
}


def control_chart(
    title: str, lines: Sequence[Mapping[str, Any]], names: Mapping[str, str]
) -> Picture:
    """Differences in points of held-out accuracy, each with its corrected interval."""
    found = {line["key"]: line for line in lines if line["key"] in names}
    seeds = min(len(line["seeds"]) for line in found.values())
    unit = f"points of held-out accuracy that it has more; mean and interval of {seeds} seeds"
    figure, (axes,) = panels((title, unit), height=0.85 + 0.3 * len(names), width=9.0)
    ends = ("value", "low", "high")
    points = {n: {e: 100 * found[key]["interval"][e] for e in ends} for key, n in names.items()}
    inks, texts = [], []
    for one in points.values():
        inks.append(LIGHT["after" if one["low"] > 0 else "bad" if one["high"] < 0 else "before"])
        texts.append(f"{one['value']:+.0f} ({one['low']:+.0f} to {one['high']:+.0f})")
    draw_intervals(axes, points, inks, texts)
    axes.axvline(0, color=LIGHT["ink"], linewidth=0.8)
    said = "; ".join(f"{name} {text}" for name, text in zip(points, texts, strict=True))
    return Picture(figure, f"{title}, points: {said}")
