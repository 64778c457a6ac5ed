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
    surplus = after["surplus"]
    made = f"{after['tries']:.1f} tries" if "tries" in after else "the same number of tries"
    blind = f"blind search, which solves {percent(after['blind_at_same_tries'])} with {made}"
    if surplus["low"] > 0:
        return f"The policy is {points(surplus['value'])} points above {blind}: it aims better."
    if surplus["high"] < 0:
        return (
            f"The policy is {points(surplus['value'])[1:]} points below {blind}: "
            "it learned patience, not insight."
        )
    return f"The policy can't be told apart from {blind}: what it learned is patience."


def patience_chart(run: Run, folder: Path) -> Picture | None:
    """Accuracy against tries allowed: blind search, the base, and the policy after RL."""
    found = {name: run.evaluations.get(name, {}).get("insight") for name in ("base", "final")}
    latest = found["final"] or found["base"]
    if latest is None:
        return None
    figure, axes = new_chart("Accuracy", "share of held-out problems", width=5.4, height=3.1)
    ends: list[tuple[float, str, str]] = []
    tries, blind = np.array(latest["blind_curve"]).T
    axes.plot(tries, blind, color=LIGHT["blind"], linewidth=1.8, linestyle=(0, (4, 2)))
    ends.append((blind[-1], "blind search", LIGHT["blind"]))
    for name, label, color in [("base", "base", "before"), ("final", "after RL", "after")]:
        insight = found[name]
        if insight is None:
            continue
        steps, value, low, high = np.array(insight["policy_curve"]).T
        axes.fill_between(steps, low, high, color=LIGHT[color], alpha=0.16, linewidth=0)
        axes.plot(steps, value, color=LIGHT[color], linewidth=2)
        ends.append((value[-1], label, LIGHT[color]))
    top = max(1.02 * max(end[0] for end in ends) + 0.05, 0.1)
    axes.set_ylim(0, min(top, 1.02))
    axes.set_xlim(tries[0], tries[-1] * 1.27)
    axes.set_xticks([tick for tick in (1, 5, 10, 15, 20) if tick <= tries[-1]])
    _label_ends(axes, tries[-1], ends)
    as_percent(axes)
    x_label(axes, "tries allowed")
    text = "; ".join(f"{label} {percent(value)}" for value, label, _ in ends)
    return finish(figure, folder, "patience", f"Accuracy with {tries[-1]:.0f} tries: {text}")


def _label_ends(axes: Any, x: float, ends: list[tuple[float, str, str]]) -> None:
    """Name each line at its end, pushed apart where two would overlap."""
    low, high = axes.get_ylim()
    room = (high - low) * 0.075
    y = -np.inf
    for value, label, color in sorted(ends):
        y = max(value, y + room)
        axes.text(x * 1.025, y, label, color=color, fontsize=9, va="center")
