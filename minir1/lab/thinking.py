"""The picture of `minir1 think`: what it is worth against the tokens that a question costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes

from minir1.lab.charts import legend_below, plain
from minir1.lab.picture import Picture, panels
from minir1.run.report.ink import LIGHT, as_percent, x_label
from minir1.stages.asked import ON, STOP
from minir1.stages.think import ACCURACY, ONE, ORACLE, READER, TASTE, VERIFIER, VOTE

LOOKS = {
    ONE: ("ink", "D", "none"),
    VOTE: ("after", "o", "-"),
    VERIFIER: ("before", "^", (0, (5, 2))),
    STOP: ("blind", "s", (0, (1.5, 1.5))),
    ON: ("bad", "v", (0, (7, 2, 1.5, 2))),
    READER: ("good", "o", "-"),
    ORACLE: ("before", "^", (0, (5, 2))),
}
"""Each way by colour, by mark and by dash."""
TITLES = {
    ACCURACY: ("Right answers", "share of the questions, 95% interval"),
    TASTE: ("Texts for readers", "their taste, 95% interval; a perfect text has 4"),
}


def chart(result: Mapping[str, Any]) -> Picture:
    """One panel for what has a right answer, one for texts, if they were asked for."""
    found = [what for what in TITLES if any(p["what"] == what for p in result["points"])]
    width = 4.7 if len(found) > 1 else 7.6
    figure, row = panels(*(TITLES[what] for what in found), height=3.1, width=width * len(found))
    seen: dict[str, Any] = {}
    for what, axes in zip(found, row, strict=True):
        points = [point for point in result["points"] if point["what"] == what]
        for way, (ink, mark, dash) in LOOKS.items():
            mine = sorted((p for p in points if p["way"] == way), key=lambda p: p["tokens"])
            if mine:
                seen[way] = draw(axes, way, mine, LIGHT[ink], mark, dash)
        finish(axes, what)
    legend_below(figure, min(4, len(seen)), seen)
    return Picture(figure, in_words(result))


def draw(axes: Axes, way: str, points: list[Any], color: str, mark: str, dash: Any) -> Any:
    """One way: a mark and an interval for each point, joined in the order of their price."""
    tokens = [point["tokens"] for point in points]
    worth = [point["worth"] for point in points]
    middle = [one["value"] for one in worth]
    ends = [
        [one["value"] - one["low"] for one in worth],
        [one["high"] - one["value"] for one in worth],
    ]
    return axes.errorbar(
        tokens, middle, yerr=ends, color=color, marker=mark, linestyle=dash, label=way,
        markersize=5, linewidth=1.5, elinewidth=0.9, capsize=0, alpha=0.95,
    )  # fmt: skip


def finish(axes: Axes, what: str) -> None:
    """The scales, and what the horizontal one counts."""
    axes.set_xscale("log", base=10)
    plain(axes.xaxis)
    if what == ACCURACY:
        as_percent(axes)
        axes.set_ylim(0, 1.02)
    x_label(axes, "tokens a question")


def in_words(result: Mapping[str, Any]) -> str:
    """The first and the last point of each way."""
    said = []
    for what in TITLES:
        for way in LOOKS:
            mine = [p for p in result["points"] if (p["what"], p["way"]) == (what, way)]
            mine.sort(key=lambda point: point["tokens"])
            ends = mine if len(mine) < 2 else [mine[0], mine[-1]]
            texts = [f"{p['worth']['value']:.2f} for {p['tokens']:,.0f} tokens" for p in ends]
            if texts:
                said.append(f"{way}: {', '.join(texts)}")
    return f"{result['stage']}, what it is worth and what it costs. {'; '.join(said)}"
