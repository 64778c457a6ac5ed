"""What RL taught SmolLM2 on sums with signs, in pictures and words made from the committed rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.ticker import MultipleLocator

from minir1.bench import smollm_forms, smollm_order
from minir1.bench.smollm import Answer, read_answers
from minir1.bench.smollm_course import ROWS, called, course_of
from minir1.bench.smollm_greedy import GREEDY, Key, answers_of, base_of
from minir1.bench.smollm_order import BASE, SIDES, Runs, accuracy, runs_by_name
from minir1.bench.smollm_signs import RECIPE, one_way, sides, verdicts
from minir1.lab.charts import columns
from minir1.lab.picture import Picture, panels
from minir1.lab.real import logs
from minir1.run.jsonl import read_rows
from minir1.run.report.ink import LIGHT

Answers = Mapping[Key, Sequence[Answer]]


def sides_chart(greedy: Answers | None = None) -> Picture:
    """Greedy answers before and after, by what the signs ask for; and the shortcut."""
    greedy = read_answers(GREEDY) if greedy is None else greedy
    runs = answers_of(greedy, RECIPE, "final")
    cases = {"base": base_of(greedy, RECIPE, 0), **{f"seed {s}": rows for s, rows in runs.items()}}
    found = list(zip(*map(sides, cases.values()), strict=True))
    names = ("right, both one way", "right, opposite ways", "wrong, opposite ways: sizes added")
    values = {name: list(shares) for name, shares in zip(names, found, strict=True)}
    return columns(
        "What greedy answers are", "share", values, x_name="", ticks=list(cases), percent=True,
        words=shortcut_words(greedy),
    )  # fmt: skip


def shortcut_words(greedy: Answers | None = None) -> str:
    """What the policies are right about, and what they do where that is wrong."""
    greedy = read_answers(GREEDY) if greedy is None else greedy
    base = sides(base_of(greedy, RECIPE, 0))
    after = np.mean([sides(rows) for rows in answers_of(greedy, RECIPE, "final").values()], axis=0)
    return (
        f"Both one way: {base[0]:.0%} right before, {after[0]:.0%} after (mean of the seeds). "
        f"Opposite ways: {base[1]:.0%} before, {after[1]:.0%} after; there {after[2]:.0%} of the "
        f"answers add the sizes all the same, and put the first sign before"
    )


def stall_words() -> str:
    """When training stopped to get better, and what was left of it then."""
    curves = [row["curve"] for row in logs() if row["recipe"] == RECIPE]
    steps = len(curves[0]["reward"])
    names = ("rewards/accuracy/mean", "frac_reward_zero_std", "entropy")
    first, middle, last = (
        [np.mean([np.mean(curve[name][part]) for curve in curves]) for name in names]
        for part in (slice(0, 5), slice(10, 15), slice(-5, None))
    )
    return (
        f"Right in training: {first[0]:.0%} in the first five of {steps} steps, {middle[0]:.0%} in "
        f"steps 11 to 15, {last[0]:.0%} in the last five. Dead groups, after those that were "
        f"replaced: {first[1]:.0%}, {middle[1]:.0%}, {last[1]:.0%}. Entropy: {first[2]:.2f}, "
        f"{middle[2]:.2f}, {last[2]:.2f} nats a token."
    )


def sides_words(greedy: Answers | None = None) -> str:
    """How many of the questions go one way."""
    greedy = read_answers(GREEDY) if greedy is None else greedy
    asked = [one["question"] for one in base_of(greedy, RECIPE, 0)]
    return f"{sum(map(one_way, asked))} of the {len(asked)} held-out questions go one way."


def held_words() -> str:
    """Each threshold that was written down before the runs, and whether it holds."""
    return as_list(verdicts(read_answers(), read_answers(GREEDY)))


def as_list(found: Sequence[tuple[str, bool, str]]) -> str:
    """Thresholds as a list: the name, whether it holds, the numbers."""
    return "\n".join(
        f"- **{name}**: {'holds' if held else 'does not hold'}: {said}"
        for name, held, said in found
    )


def form_words() -> str:
    """The base in each form that it was asked in, and the policies above it."""
    return smollm_forms.table(smollm_forms.read_forms(), read_answers(GREEDY))


def order_chart(found: Mapping[str, Runs] | None = None) -> Picture:
    """Greedy answers by what was asked in training; small marks are the seeds."""
    found = runs_by_name() if found is None else found
    names = list(SIDES)[:2]
    figure, row = panels(
        *(
            (f"right, {name}", "greedily; 95% interval over questions; small marks: seeds")
            for name in names
        ),
        height=0.9 + 0.36 * len(found),
    )
    places = {asked: line for line, asked in enumerate(reversed(list(found)))}
    for name, axes in zip(names, row, strict=True):
        for asked, runs in found.items():
            line, whole = places[asked], accuracy(runs, SIDES[name])
            color = LIGHT["before" if asked == BASE else "after"]
            axes.hlines(line, whole.low, whole.high, color=color, linewidth=2.4)
            axes.scatter([whole.value], [line], s=38, color=color, linewidths=0, zorder=3)
            seeds = [accuracy({0: rows}, SIDES[name]).value for rows in runs.values()]
            axes.scatter(seeds, [line - 0.26] * len(seeds), s=26, marker="|", color=LIGHT["muted"])
        axes.set_yticks(list(places.values()), [in_order(asked) for asked in places])
        axes.tick_params(axis="y", labelsize=8.5, labelcolor=LIGHT["ink"], labelleft=axes is row[0])
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", color=LIGHT["grid"], linewidth=0.7)
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.6, len(found) - 0.5))
        axes.xaxis.set_major_locator(MultipleLocator(0.25))
        axes.xaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f}%")
    said = (
        f"{in_order(asked)}: "
        + " and ".join(f"{accuracy(runs, SIDES[name]).value:.0%} {name}" for name in names)
        for asked, runs in found.items()
    )
    return Picture(figure, "Right greedily, by what was asked in training. " + "; ".join(said))


def in_order(course: str) -> str:
    """How many steps asked what, phase by phase.

    >>> in_order("opposite 14 all 14"), in_order("base")
    ('14 opposite, 14 all', 'base')
    """
    words = course.split(" ")
    phases = [f"{steps} {kind}" for kind, steps in zip(words[::2], words[1::2], strict=False)]
    return ", ".join(phases) or course


def order_words() -> str:
    """The thresholds of the phases, and whether they hold."""
    return as_list(smollm_order.verdicts(runs_by_name()))


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
