"""Patience or insight: what of the gain would blind search have got as well?

A searcher that tries at random and has a perfect check solves more with more tries. A policy
that has only learned "don't stop on no" moves along that curve. So the gain in accuracy
is split (`minir1/run/insight.py` has the formulas):

    gain = (blind search at the policy's tries - blind search at the base's tries)   patience
         + (policy above blind search - base above blind search)                     insight
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from minir1.run.report.ink import LIGHT, Picture, as_percent, finish, new_chart, x_label
from minir1.run.report.reading import Run
from minir1.run.report.words import percent, points

Insight = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Split:
    """The gain of RL in two parts; all are shares of problems."""

    before: float
    after: float
    patience: float

    @property
    def gain(self) -> float:
        """Accuracy after RL minus accuracy before."""
        return self.after - self.before

    @property
    def insight(self) -> float:
        """What blind search with as many tries doesn't explain."""
        return self.gain - self.patience


def split(before: Insight, after: Insight) -> Split:
    """Split the gain between two evaluations.

    >>> base = {"accuracy": 0.2, "blind_at_same_tries": 0.25}
    >>> parts = split(base, {"accuracy": 0.5, "blind_at_same_tries": 0.45})
    >>> round(parts.patience, 3), round(parts.insight, 3)
    (0.2, 0.1)
    """
    more_tries = after["blind_at_same_tries"] - before["blind_at_same_tries"]
    return Split(before["accuracy"], after["accuracy"], more_tries)


def verdict(after: Insight) -> str:
    """What the interval allows to say, in one sentence."""
    if after["tries"] < 0.5:
        return "The policy hardly writes any tries, so there is nothing to compare."
    surplus, solved = after["surplus"], percent(after["blind_at_same_tries"])
    if not after["accuracy"]:
        return f"The policy solves nothing yet; with as many tries, blind search solves {solved}."
    size = points(surplus["value"])[1:]
    blind = f"blind search, which solves {solved} with {after['tries']:.1f} tries"
    if surplus["low"] > 0:
        return f"The policy is {size} points above {blind}: it aims better."
    if surplus["high"] < 0:
        return f"The policy is {size} points below {blind}: it has patience, and no insight yet."
    return f"The policy can't be told apart from {blind}: patience explains what it solves."


def path_chart(run: Run, folder: Path) -> Picture | None:
    """`path_figure` as a part of the page."""
    drawn = path_figure(run)
    return drawn and finish(drawn[0], folder, "patience-path", drawn[1])


def path_figure(run: Run) -> tuple[Figure, str] | None:
    """Accuracy against tries made: how RL moved the policy, beside the blind searcher's curve.

    The second part of the result says the same in words.
    """
    walked = [one for one in run.on_the_way() if "tries" in one.get("insight", {})]
    if not walked or "blind_curve_by_tries_made" not in walked[-1]["insight"]:
        return None
    made, solved = np.array(walked[-1]["insight"]["blind_curve_by_tries_made"]).T
    tries = np.array([one["insight"]["tries"] for one in walked])
    right = np.array([one["insight"]["accuracy"] for one in walked])
    figure, axes = new_chart("Tries made", "share of held-out problems solved", 4.4, 2.9)
    limit = min(max(tries.max() * 1.25, 3.0), made[-1])
    x = np.linspace(made[0], limit, 60)
    blind = np.interp(x, made, solved)
    axes.plot(x, blind, color=LIGHT["blind"], linewidth=1.8, linestyle=(0, (4, 2)))
    axes.text(limit * 1.025, blind[-1], "blind search", color=LIGHT["blind"], va="center")
    axes.plot(tries, right, color=LIGHT["after"], linewidth=1, alpha=0.6)
    axes.scatter(tries[1:-1], right[1:-1], s=14, color=LIGHT["after"], linewidths=0)
    top = 1.15 * max(right.max(), blind[-1])
    ends = [(0, "base", "before")] + [(-1, "after RL", "after")] * (len(walked) > 1)
    steps = abs(tries[-1] - tries[0]), abs(right[-1] - right[0])
    near = len(ends) > 1 and steps[0] < 0.3 * limit and steps[1] < 0.1 * top
    for place, label, color in ends:
        measured = walked[place]["pass@1"]
        x, y = tries[place], measured["value"]
        axes.vlines(x, measured["low"], measured["high"], color=LIGHT[color], linewidth=1.4)
        axes.scatter(x, y, s=46, color=LIGHT[color], linewidths=0, zorder=3, clip_on=False)
        above = y > np.interp(x, made, solved)  # on the side where the dashed line isn't
        left = (place == 0) == (tries[0] <= tries[-1]) if near else above  # away from the other
        axes.annotate(
            label, (x, y), (-8 if left else 9, 5 if above or y < 0.1 * top else -11),
            textcoords="offset points", ha="right" if left else "left", color=LIGHT[color],
        )  # fmt: skip
    axes.set_xlim(0, limit * 1.3)
    axes.set_ylim(0, top)
    as_percent(axes)
    x_label(axes, "tries made, mean a response")
    text = f"from {percent(right[0])} with {tries[0]:.1f} tries to {percent(right[-1])}"
    return figure, f"{text} with {tries[-1]:.1f} tries"


def cap_chart(run: Run, folder: Path) -> Picture | None:
    """Accuracy against tries allowed: blind search, the base, and the policy after RL."""
    found = {name: run.evaluations.get(name, {}).get("insight") for name in ("base", "final")}
    latest = found["final"] or found["base"]
    if latest is None:
        return None
    figure, axes = new_chart("Tries allowed", "share of held-out problems solved", 4.4, 2.9)
    tries, blind = np.array(latest["blind_curve"]).T
    axes.plot(tries, blind, color=LIGHT["blind"], linewidth=1.8, linestyle=(0, (4, 2)))
    ends = [(float(blind[-1]), "blind search", LIGHT["blind"])]
    for name, label, color in [("base", "base", "before"), ("final", "after RL", "after")]:
        insight = found[name]
        if insight is None:
            continue
        allowed, value, low, high = np.array(insight["policy_curve"]).T
        axes.fill_between(allowed, low, high, color=LIGHT[color], alpha=0.16, linewidth=0)
        axes.plot(allowed, value, color=LIGHT[color], linewidth=2, clip_on=False)
        ends.append((float(value[-1]), label, LIGHT[color]))
    axes.set_ylim(0, min(1.02, 1.1 * max(end[0] for end in ends) + 0.02))
    axes.set_xlim(tries[0], tries[-1] * 1.3)
    axes.set_xticks([tick for tick in (1, 5, 10, 15, 20) if tick <= tries[-1]])
    _label_ends(axes, float(tries[-1]), ends)
    as_percent(axes)
    x_label(axes, "tries allowed, at most")
    text = "; ".join(f"{label} {percent(value)}" for value, label, _ in ends)
    return finish(figure, folder, "patience-cap", f"Solved with {tries[-1]:.0f} tries: {text}")


def _label_ends(axes: Axes, x: float, ends: list[tuple[float, str, str]]) -> None:
    """Name each line at its end, pushed apart where two would overlap."""
    low, high = axes.get_ylim()
    y = low - (high - low) * 0.035  # above the axis, whose line would go through the name
    for value, label, color in sorted(ends):
        y = max(value, y + (high - low) * 0.075)
        axes.text(x * 1.025, y, label, color=color, va="center")
