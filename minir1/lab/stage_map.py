"""The pipeline as a map: whose weights a stage starts from, and whose texts it learns from.

upper row   RL: a stage that learns from its own rollouts
lower row   fine-tuning and pre-training: a stage that learns from texts
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from minir1.lab.picture import Picture, panels
from minir1.lab.stages import SHORT
from minir1.run.report.ink import LIGHT

NAMES = SHORT | {"preference": "reward model"}
PLACES = {
    "pretrain": (0.0, 0.0), "preference": (-1.0, 0.0), "zero": (1.0, 1.0), "dev1": (2.0, 0.0),
    "dev2": (3.0, 1.0), "dev3": (4.0, 0.0), "r1": (5.0, 1.0), "student_base": (5.0, 0.0),
    "student": (6.0, 0.0),
}  # fmt: skip
"""Where each stage stands."""
KINDS = {
    "starts_from": ("weights", "after", "-", 0.22),
    "learns_from": ("texts", "blind", "--", 0.0),
}
"""Of each kind of link: its name, ink and dash, and how far it bends along a row."""


def stage_map(stages: Sequence[Mapping[str, Any]], names: Mapping[str, str] = NAMES) -> Picture:
    """The stages of a manifest as boxes, with an arrow for each link."""
    unit = "upper row: RL on its own rollouts; lower row: from texts. Blue: weights, orange: texts"
    figure, (axes,) = panels(("The pipeline", unit), height=2.5, width=9.4)
    axes.set(xlim=(-1.5, 6.5), ylim=(-0.7, 1.3), xticks=[], yticks=[])
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    said = []
    for one in stages:
        name = names.get(one["stage"], one["stage"])
        _box(axes, PLACES[one["stage"]], name)
        for link, (kind, ink, dash, bend) in KINDS.items():
            if one.get(link) in PLACES:
                _arrow(axes, PLACES[one[link]], PLACES[one["stage"]], LIGHT[ink], dash, bend)
                said.append(f"{name}: {kind} of {names.get(one[link], one[link])}")
    return Picture(figure, "; ".join(said))


def _box(axes: Axes, place: tuple[float, float], name: str) -> None:
    axes.text(
        *place, name.replace(" ", "\n"), ha="center", va="center", fontsize=8.5, zorder=3,
        color=LIGHT["ink"], linespacing=1.0,
        bbox={"boxstyle": "round,pad=0.45", "fc": LIGHT["card"], "ec": LIGHT["muted"]},
    )  # fmt: skip


def _arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float],
    ink: str, dash: str, bend: float,
) -> None:  # fmt: skip
    """From box to box: between neighbours straight, past others in a bow below them."""
    far = start[1] == end[1] and abs(end[0] - start[0]) > 1
    if start[1] == end[1] and not far:  # the two kinds one below the other
        shift = 0.09 if dash == "-" else -0.09
        start, end = (start[0], start[1] + shift), (end[0], end[1] + shift)
    bow = f"arc3,rad={bend if far else 0}"
    axes.annotate(
        "", end, start, zorder=2,
        arrowprops={"arrowstyle": "-|>", "color": ink, "linestyle": dash, "linewidth": 1.5,
                    "shrinkA": 20, "shrinkB": 20, "connectionstyle": bow},
    )  # fmt: skip
