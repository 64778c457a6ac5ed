"""Sums with signs in phases: what each policy is right in and tells apart, from committed rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from matplotlib.ticker import MultipleLocator

from minir1.bench import smollm_choice, smollm_order, smollm_tries
from minir1.bench.smollm_choice import told_apart
from minir1.bench.smollm_course import ROWS, called, course_of
from minir1.bench.smollm_kinds import APART, ASKED
from minir1.bench.smollm_order import BASE, SIDES, Runs, accuracy, runs_by_name
from minir1.lab.picture import Picture, Table, panels
from minir1.lab.real_signs import as_list
from minir1.run.jsonl import read_rows
from minir1.run.report.ink import LIGHT
from minir1.run.stats import Interval

Measure = Callable[[Runs], Interval]
UNIT = "greedily; 95% interval over questions; small marks: seeds"
LIKE = ("9 + 2", "9 - 6", "9 + -2", "9 - -3")


def phases_chart(found: Mapping[str, Runs] | None = None) -> Picture:
    """Greedy answers by what was asked in training."""
    sides = {
        (f"right, {name}", UNIT): lambda runs, of=SIDES[name]: accuracy(runs, of)
        for name in list(SIDES)[:2]
    }
    return policies_chart("Right greedily, by what was asked in training", sides, found)


def choice_chart(found: Mapping[str, Runs] | None = None) -> Picture:
    """How much more often sizes are added where that is right than where it is not."""
    kinds = {
        (kind, f"{', '.join(adds)}, more than {', '.join(other)}"): (
            lambda runs, of=kind: told_apart(runs, of)
        )
        for kind, (adds, other) in APART.items()
    }
    return policies_chart("Sizes are added more often where that is right", kinds, found, low=-1)


def policies_chart(
    what: str,
    measures: Mapping[tuple[str, str], Measure],
    found: Mapping[str, Runs] | None = None,
    low: int = 0,
) -> Picture:
    """Policies, one a line, by some measures; small marks are the seeds."""
    found = runs_by_name() if found is None else found
    figure, row = panels(*measures, height=0.9 + 0.36 * len(found))
    places = {asked: line for line, asked in enumerate(reversed(list(found)))}
    for measure, axes in zip(measures.values(), row, strict=True):
        for asked, runs in found.items():
            line, whole = places[asked], measure(runs)
            color = LIGHT["before" if asked == BASE else "after"]
            axes.hlines(line, whole.low, whole.high, color=color, linewidth=2.4)
            axes.scatter([whole.value], [line], s=38, color=color, linewidths=0, zorder=3)
            seeds = [measure({0: rows}).value for rows in runs.values()]
            axes.scatter(seeds, [line - 0.26] * len(seeds), s=26, marker="|", color=LIGHT["muted"])
        axes.set_yticks(list(places.values()), [in_order(asked) for asked in places])
        axes.tick_params(axis="y", labelsize=8.5, labelcolor=LIGHT["ink"], labelleft=axes is row[0])
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", color=LIGHT["grid"], linewidth=0.7)
        axes.set(xlim=(low - 0.02, 1.02), ylim=(-0.6, len(found) - 0.5))
        axes.xaxis.set_major_locator(MultipleLocator(0.5 if low else 0.25))
        axes.xaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f}%")
    said = (
        f"{in_order(asked)}: "
        + " and ".join(f"{run(runs).value:.0%} {name}" for (name, _), run in measures.items())
        for asked, runs in found.items()
    )
    return Picture(figure, f"{what}. {'; '.join(said)}")


def in_order(course: str) -> str:
    """How many steps asked what, phase by phase.

    >>> in_order("opposite 14 all 14"), in_order("base")
    ('14 opposite, 14 all', 'base')
    """
    words = course.split(" ")
    phases = [f"{steps} {kind}" for kind, steps in zip(words[::2], words[1::2], strict=False)]
    return ", ".join(phases) or course


def order_words() -> str:
    """The thresholds of the halves in phases, and whether they hold."""
    return as_list(smollm_order.verdicts(runs_by_name()))


def choice_words() -> str:
    """The thresholds of one sign at a time, and whether they hold."""
    return as_list(smollm_choice.verdicts(runs_by_name()))


def tries_words() -> str:
    """How often a policy still says what is right in the half that it lost."""
    return f"{'. '.join(smollm_tries.said(row) for _, row in read_rows(smollm_tries.ROWS))}."


def speaking_words(path: Path = ROWS) -> str:
    """How many groups a step learned from in each phase, and how sure the policy was."""
    rows = [row for _, row in read_rows(path)]
    said = []
    for name in dict.fromkeys(called(course_of(row)) for row in rows):
        curves = [row["curve"] for row in rows if called(course_of(row)) == name]
        dead, entropy = (
            np.mean([curve[part] for curve in curves])
            for part in ("frac_reward_zero_std", "entropy")
        )
        said.append(f"{in_order(name)}: {dead:.0%} dead, entropy {entropy:.2f}")
    return f"Groups and entropy in the last phase of each course: {'; '.join(said)}."


def responses(found: Mapping[str, Runs] | None = None, seed: int = 0) -> Table:
    """What each policy answers greedily, to one question of each kind."""
    found = runs_by_name() if found is None else found
    said = {
        in_order(asked): {one["question"]: f"`{one['completion']}`" for one in runs[seed]}
        for asked, runs in found.items()
    }
    rows = [(name, *(given[ASKED.format(what)] for what in LIKE)) for name, given in said.items()]
    return Table(("asked", *LIKE), rows)
