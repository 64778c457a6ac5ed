"""The journey of one prompt, as a map: each hop with the function and the file that makes it.

    problem -> prompt -> rollouts -> verdict -> reward -> advantage
            -> batch -> loss -> step -> checkpoint -> evaluation

The step changes the policy, and the next rollouts come from the changed one: that loop is RL.
"""

from __future__ import annotations

from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from minir1.lab.picture import Picture
from minir1.lab.tokens import new_sheet
from minir1.run.report.ink import LIGHT


class Hop(NamedTuple):
    """One hop: what comes out of it, and where it is made."""

    gives: str
    function: str
    file: str


HOPS = (
    Hop("problem", "Countdown.problems", "tasks/countdown.py"),
    Hop("prompt ids", "prompt_ids", "text/template.py"),
    Hop("rollouts", "sample", "rl/rollout.py"),
    Hop("verdict", "Countdown.verify", "tasks/countdown.py"),
    Hop("reward", "score", "tasks/reward.py"),
    Hop("advantage", "group_advantages", "rl/advantage.py"),
    Hop("batch", "collate", "rl/batch.py"),
    Hop("loss", "policy_loss", "rl/loss.py"),
    Hop("new weights", "grpo_step", "rl/step.py"),
    Hop("checkpoint", "save", "run/checkpoint.py"),
    Hop("evaluation", "evaluate", "run/evaluate.py"),
)
ACROSS = 6
WIDE, HIGH, GAP_X, GAP_Y = 1.42, 0.74, 0.2, 0.62
ROLLOUTS, STEP = 2, 8
"""Places of the two hops that the loop of RL joins."""

Point = tuple[float, float]


def journey() -> Picture:
    """The map of all hops."""
    width, height = ACROSS * (WIDE + GAP_X), 2 * HIGH + GAP_Y + 0.3
    figure, axes = new_sheet(width, height)
    for number, hop in enumerate(HOPS):
        _box(axes, number, hop)
        if number + 1 < len(HOPS) and number + 1 != ACROSS:
            x, y = _corner(number)
            _arrow(axes, (x + WIDE, y + HIGH / 2), (x + WIDE + GAP_X, y + HIGH / 2))
    turn = [(_corner(place)[0] + WIDE / 2, _corner(place)[1]) for place in (ACROSS - 1, ACROSS)]
    _turn(axes, (turn[0][0], turn[0][1] + HIGH), turn[1])
    _loop(axes)
    chain = ", ".join(f"{n}. {hop.gives}" for n, hop in enumerate(HOPS, 1))
    return Picture(figure, f"The hops of one prompt: {chain}; from 9 back to 3 with a new policy")


def _corner(number: int) -> Point:
    """The upper left corner of a hop's box."""
    row, column = divmod(number, ACROSS)
    return column * (WIDE + GAP_X) + GAP_X / 2, row * (HIGH + GAP_Y) + 0.1


def _box(axes: Axes, number: int, hop: Hop) -> None:
    x, y = _corner(number)
    style = "round,pad=0,rounding_size=0.07"
    frame = FancyBboxPatch(
        (x, y), WIDE, HIGH, boxstyle=style, facecolor=LIGHT["card"], edgecolor=LIGHT["grid"]
    )
    axes.add_patch(frame)
    lines = (
        (0.2, f"{number + 1}  {hop.gives}", 9.5, "bold", "ink"),
        (0.41, hop.function, 7.5, "normal", "after"),
        (0.58, hop.file, 7.0, "normal", "muted"),
    )
    for down, text, size, weight, color in lines:
        axes.text(
            x + WIDE / 2, y + down, text, ha="center", va="center", fontsize=size, weight=weight,
            color=LIGHT[color],
        )  # fmt: skip


def _arrow(axes: Axes, start: Point, end: Point, color: str = "muted", width: float = 1.0) -> None:
    axes.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle="-|>", mutation_scale=10, color=LIGHT[color], linewidth=width,
            shrinkA=0, shrinkB=0,
        )
    )  # fmt: skip


def _turn(axes: Axes, start: Point, end: Point) -> None:
    """From the end of the first row to the start of the second."""
    middle = start[1] + GAP_Y * 0.3
    axes.plot(
        [start[0], start[0], end[0]], [start[1], middle, middle], color=LIGHT["muted"], linewidth=1
    )
    _arrow(axes, (end[0], middle), end)


def _loop(axes: Axes) -> None:
    """From the step back to the rollouts: the next step samples from the new policy."""
    below, above = _corner(STEP), _corner(ROLLOUTS)
    start = (below[0] + WIDE / 2, below[1])
    end = (above[0] + WIDE / 2, above[1] + HIGH)
    _arrow(axes, start, end, "after", 1.8)
    axes.text(
        start[0] + 0.1, (start[1] + end[1]) / 2 + 0.1, "again, with the new policy", va="center",
        fontsize=8, color=LIGHT["after"],
    )  # fmt: skip
