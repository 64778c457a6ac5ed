"""What a method is worth beside its controls: differences from the table of claims, one a line.

an interval right of 0   the method is better than this control
across 0                 these seeds can't tell
left of 0                the control is better
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

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
    places, said = np.arange(len(names))[::-1], []
    for place, (key, name) in zip(places, names.items(), strict=True):
        value, low, high = (100 * found[key]["interval"][end] for end in ("value", "low", "high"))
        ink = LIGHT["after" if low > 0 else "bad" if high < 0 else "before"]
        axes.hlines(place, low, high, color=ink, linewidth=2.2)
        axes.scatter(value, place, s=34, color=ink, linewidths=0, zorder=3)
        axes.annotate(
            f"{value:+.0f}  ({low:+.0f} to {high:+.0f})", (1.01, place), va="center", fontsize=8,
            xycoords=("axes fraction", "data"), color=LIGHT["ink"],
        )  # fmt: skip
        said.append(f"{name} {value:+.0f} ({low:+.0f} to {high:+.0f})")
    axes.axvline(0, color=LIGHT["ink"], linewidth=0.8)
    axes.set_yticks(places, list(names.values()))
    axes.tick_params(axis="y", labelsize=8.5, labelcolor=LIGHT["ink"])
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color=LIGHT["grid"], linewidth=0.7)
    return Picture(figure, f"{title}, points: {'; '.join(said)}")
