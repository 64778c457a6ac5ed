"""A group of rollouts in pictures: what blind search expects, rewards, advantages, the change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from minir1.lab.picture import Picture, panels
from minir1.run.report.ink import LIGHT, as_percent, new_chart, x_label
from minir1.run.report.words import percent
from minir1.tasks.search import all_tries

UP, DOWN = LIGHT["after"], LIGHT["blind"]


def tries_chart(numbers: Sequence[int], target: int, ops: str, max_value: int) -> Picture:
    """Where a blind try on these numbers ends: the chance of each value, the target's marked."""
    chance: defaultdict[int, float] = defaultdict(float)
    tries = all_tries(numbers, ops, max_value)
    for one, p in tries.items():
        chance[one.value] += p
    values = sorted(chance)
    figure, axes = new_chart("Where one blind try ends", "chance", width=6.4, height=2.2)
    colors = [UP if value == target else LIGHT["before"] for value in values]
    axes.bar(values, [chance[value] for value in values], width=0.8, color=colors)
    hit = chance[target]
    middle = (values[0] + values[-1]) / 2
    axes.annotate(
        f"the target, {target}: {percent(hit)}", (target, hit), (0, 4), fontsize=8.5, color=UP,
        textcoords="offset points", ha="left" if target < middle else "right",
    )  # fmt: skip
    as_percent(axes)
    axes.set_ylim(0, 1.2 * max(chance.values()))
    x_label(axes, "value of the try")
    right = sum(one.value == target for one in tries)
    text = f"{len(tries)} ways to combine the numbers, {right} give {target}"
    return Picture(figure, f"{text}; a blind try is right with chance {percent(hit)}")


def reward_and_advantage(rewards: Sequence[float], advantages: Sequence[float]) -> Picture:
    """Rewards with their mean on the left; on the right, what the group makes of them."""
    figure, (left, right) = panels(
        ("Reward", "dashed: the mean of the group"),
        ("Advantage", "in standard deviations from that mean"),
        height=2.4,
    )
    mean = float(np.mean(rewards))
    colors = [UP if reward > mean else DOWN for reward in rewards]
    _bars(left, rewards, colors)
    left.axhline(mean, color=LIGHT["ink"], linewidth=1, linestyle=(0, (4, 2)))
    _bars(right, advantages, colors)
    right.axhline(0, color=LIGHT["ink"], linewidth=0.8)
    text = f"mean reward {mean:.2f}; advantages from {min(advantages):.2f} to {max(advantages):.2f}"
    return Picture(figure, f"{len(rewards)} rollouts: {text}, sum {abs(sum(advantages)):.2f}")


def success_chart(groups: Sequence[Sequence[float]]) -> Picture:
    """How many rollouts of each group are right; the groups at both ends are dead."""
    size = len(groups[0])
    right = np.bincount([round(sum(rewards)) for rewards in groups], minlength=size + 1)
    dead = (right[0] + right[size]) / len(groups)
    figure, axes = new_chart("Right answers in a group", "groups", width=7.2, height=2.5)
    colors = [DOWN if n in (0, size) else UP for n in range(size + 1)]
    axes.bar(range(size + 1), right, color=colors, width=0.75)
    places = sorted({0, size, *range(0, size, max(1, size // 4))})
    ends = {0: "0\ndead: all wrong", size: f"{size}\ndead: all right"}
    axes.set_xticks(places, [ends.get(place, str(place)) for place in places])
    x_label(axes, f"right answers, of {size}")
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    chance = float(np.mean([np.mean(rewards) for rewards in groups]))
    text = f"{len(groups)} groups: {percent(dead)} are dead, {percent(1 - dead)} can teach"
    return Picture(figure, f"{text}; a single answer is right with chance {percent(chance)}")


def change_chart(changes: Sequence[float], advantages: Sequence[float]) -> Picture:
    """How one step changed the log-probability of each rollout, by the sign of its advantage."""
    figure, (axes,) = panels(
        ("What one step changed", "log-probability of the whole completion, after - before, nats"),
        height=2.6,
        width=7.2,
    )
    order = sorted(range(len(changes)), key=lambda i: (-advantages[i], -changes[i]))
    values = [changes[i] for i in order]
    _bars(axes, values, [UP if advantages[i] > 0 else DOWN for i in order])
    axes.axhline(0, color=LIGHT["ink"], linewidth=0.8)
    axes.set_xlabel("rollout: advantage above 0 (blue) first, then below 0 (orange)")
    up = sum(change > 0 for change, a in zip(changes, advantages, strict=True) if a > 0)
    down = sum(change < 0 for change, a in zip(changes, advantages, strict=True) if a < 0)
    good, bad = sum(a > 0 for a in advantages), sum(a < 0 for a in advantages)
    return Picture(figure, f"{up} of {good} good rollouts went up, {down} of {bad} bad ones down")


def _bars(axes: Axes, values: Sequence[float], colors: Sequence[str]) -> None:
    """One bar a rollout; a value of 0 keeps a thin mark, so that it is seen to be there."""
    places = np.arange(1, len(values) + 1)
    axes.bar(places, values, color=colors, width=0.72)
    zero = [place for place, value in zip(places, values, strict=True) if value == 0]
    axes.scatter(zero, [0] * len(zero), marker="_", s=60, color=DOWN, zorder=3)
    axes.set_xlim(0.4, len(values) + 0.6)
    x_label(axes, "rollout")
