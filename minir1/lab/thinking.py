"""The picture of `minir1 think`: what it is worth against the tokens that a question costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes

from minir1.bench.think import label
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
FROM_ONE = (VOTE, VERIFIER, READER, ORACLE)
"""Ways that are one sample at n = 1: their lines begin there."""
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
            if mine and way in FROM_ONE:
                ends = [*(p for p in points if p["way"] == ONE), mine[0]]
                places = [(p["tokens"], p["worth"]["value"]) for p in ends]
                axes.plot(*zip(*places, strict=True), color=LIGHT[ink], linestyle=dash, lw=1.5)
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
    for point, x, one in zip(points, tokens, worth, strict=True):
        if way in (STOP, ON):  # the dial: below its interval, or to the right of its mark
            dial = label(point).removeprefix(f"{way} ")
            below = way == STOP
            axes.annotate(
                dial, (x, one["low" if below else "value"]), (0, -3) if below else (6, 0),
                textcoords="offset points", fontsize=7, color=color, zorder=4,
                ha="center" if below else "left", va="top" if below else "center",
                bbox={"boxstyle": "square,pad=0.05", "fc": LIGHT["paper"], "ec": "none"},
            )  # fmt: skip
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


def reading(result: Mapping[str, Any]) -> str:
    """What wins, in a list of sentences that follow from the points."""
    points = result["points"]
    said = []
    for way, bound in ((VOTE, VERIFIER), (READER, ORACLE)):
        mine, best = ([p for p in points if p["way"] == name] for name in (way, bound))
        if mine:
            both = f"{label(mine[-1])}: {points_of(mine[-1])} for {mine[-1]['n']} times the tokens"
            said.append(f"{both}; {label(best[-1])}: {points_of(best[-1])}")
    (one,) = (p for p in points if (p["what"], p["way"]) == (ACCURACY, ONE))
    for point in points:
        if point["way"] == STOP and point["tokens"] < one["tokens"]:
            less = 1 - point["tokens"] / one["tokens"]
            said.append(f"{label(point)}: {less:.0%} fewer tokens, {points_of(point)}")
        elif point["way"] in (STOP, ON) and point["over_vote"]:
            difference = points_of(point, "over_vote")
            said.append(
                f"{label(point)}: {points_of(point)}, and beside a vote at this cost {difference}, "
                f"{verdict(point['over_vote'])}"
            )
    scores = [p["own_score"]["value"] for p in points if "own_score" in p]
    if scores:
        said.append(
            f"the reward model's own score of its picks: {scores[0]:.2f} to {scores[-1]:.2f}"
        )
    return "\n".join(f"- {line}" for line in said)


def points_of(point: Mapping[str, Any], name: str = "gain") -> str:
    """A change with its interval: points for shares, plain numbers for tastes."""
    scale, digits = (100, 0) if point["what"] == ACCURACY else (1, 2)
    value, low, high = (scale * point[name][end] for end in ("value", "low", "high"))
    unit = " points" if scale == 100 else ""
    return f"{value:+.{digits}f}{unit} [{low:+.{digits}f}, {high:+.{digits}f}]"


def verdict(interval: Mapping[str, float]) -> str:
    """Whether an interval of a difference says anything.

    >>> verdict({"value": 0.1, "low": 0.02, "high": 0.2}), verdict({"low": -1.0, "high": 0.0})
    ('better', "which can't be told apart")
    """
    if interval["low"] > 0:
        return "better"
    return "worse" if interval["high"] < 0 else "which can't be told apart"


def beside(base: Mapping[str, Any], policy: Mapping[str, Any]) -> str:
    """Two models at test time: one sample of the second against every vote of the first."""
    (one,) = (p for p in policy["points"] if (p["what"], p["way"]) == (ACCURACY, ONE))
    votes = [p for p in base["points"] if p["way"] in (ONE, VOTE) and p["what"] == ACCURACY]
    texts = [f"{p['worth']['value']:.0%} for {p['tokens']:,.0f} tokens" for p in votes]
    own = f"{one['worth']['value']:.0%} for {one['tokens']:,.0f} tokens"
    first = f"{base['stage']}, one sample and votes: {', '.join(texts)}"
    return f"{first}. {policy['stage']}, one sample: {own}"
