"""Many samples of a problem: pass@k with its intervals, its biased cousin, and votes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import binom

from minir1.lab.charts import legend_below, lines
from minir1.lab.picture import Picture, panels
from minir1.run import evaluated, stats
from minir1.run.report.ink import LIGHT, as_percent, legend, x_label
from minir1.run.thinking_time import Way, by_verifier, by_vote
from minir1.tasks.canonical import value_of


def pass_curves(groups: dict[str, Sequence[Sequence[int | float]]]) -> Picture:
    """pass@k of each model by the unbiased estimator, with its interval over problems."""
    size = min(len(group) for mine in groups.values() for group in mine)
    ks = [k for k in (1, 2, 4, 8, 16, 32, 64) if k <= size]
    figure, (axes,) = panels(("pass@k", "solved by at least one of k"), height=3.0, width=7.6)
    said = []
    for (name, mine), ink in zip(groups.items(), ("before", "after", "blind"), strict=False):
        ends = []
        for k in ks:
            values = [[stats.pass_at_k(len(g), round(sum(g)), k)] for g in mine]
            ends.append(stats.mean(values))
        middle = [end.value for end in ends]
        axes.fill_between(
            ks, [e.low for e in ends], [e.high for e in ends], color=LIGHT[ink], alpha=0.2, lw=0
        )
        axes.plot(ks, middle, color=LIGHT[ink], linewidth=2, marker="o", markersize=4, label=name)
        said.append(f"{name}: pass@1 {middle[0]:.0%}, pass@{ks[-1]} {middle[-1]:.0%}")
    axes.set_xscale("log", base=2)
    axes.set_xticks(ks, [str(k) for k in ks])
    axes.set_ylim(0, 1.02)
    as_percent(axes)
    x_label(axes, "k")
    legend(axes, "lower right")
    return Picture(figure, "; ".join(said))


def bias_chart(chance: int | float, n: int) -> Picture:
    """pass@k from n samples: what two estimators say on average, beside the truth."""
    ks, counts = np.arange(1, n + 1), np.arange(n + 1)
    weights = binom.pmf(counts, n, chance)
    each = [[stats.pass_at_k(n, int(c), int(k)) for c in counts] for k in ks]
    honest = np.array(each) @ weights
    plugged = (1 - (1 - counts / n) ** ks[:, None]) @ weights
    truth = 1 - (1 - chance) ** ks
    return lines(
        f"pass@k from {n} samples of a problem with chance {chance:g}", "mean of the estimate",
        ks, {"truth": truth, "1 - C(n-c, k) / C(n, k)": honest, "1 - (1 - c/n)^k": plugged},
        x_name="k", percent=True, floor=0,
        words=f"At k = {n}: truth {truth[-1]:.1%}, unbiased {honest[-1]:.1%}, "
        f"the shortcut {plugged[-1]:.1%}",
    )  # fmt: skip


def by_problem(rows: Sequence[dict[str, Any]], samples: int) -> list[list[float]]:
    """1 for right and 0 for wrong: one list a problem, from `samples` rows a problem."""
    return [[*map(evaluated.right, group)] for group in evaluated.by_problem(rows, samples)]


def spread_chart(groups: Sequence[Sequence[float]]) -> Picture:
    """How many samples of each problem are right, and how it would be if all were equally hard."""
    problems, size = len(groups), len(groups[0])
    right = np.array([round(sum(group)) for group in groups])
    share = right.mean() / size
    figure, (axes,) = panels(("Right answers of each problem", "problems"), height=2.6, width=7.6)
    counts = np.arange(size + 1)
    axes.bar(
        counts, np.bincount(right, minlength=size + 1), color=LIGHT["after"], width=0.75,
        label="measured",
    )  # fmt: skip
    axes.plot(
        counts, problems * binom.pmf(counts, size, share), color=LIGHT["blind"], linewidth=1.9,
        linestyle=(0, (5, 2)), label="if all problems were equally hard",
    )  # fmt: skip
    x_label(axes, f"right answers, of {size}")
    legend_below(figure, 2)
    alone = share * (1 - share) / problems
    worth = alone / (np.var(right / size) / problems) if np.ptp(right) else size
    return Picture(
        figure,
        f"{problems * size} samples say as much about the mean as "
        f"{problems * min(size, max(1.0, worth)):.0f} problems with one sample each",
    )


def votes(rows: Sequence[dict[str, Any]], samples: int) -> dict[str, stats.Interval]:
    """pass@1, the majority by spelling, by value, and pass@k, from `samples` rows a problem."""
    valued = [row | {"says": row["answer"] and value_of(row["answer"])} for row in rows]
    spelt = [{**row, "says": row["answer"]} for row in rows]

    def worth(some: Sequence[dict[str, Any]], way: Way, n: int) -> stats.Interval:
        return stats.share([[way(group, n)] for group in evaluated.by_problem(some, samples)])

    return {
        "one answer (pass@1)": worth(spelt, by_vote, 1),
        f"majority of {samples}, by spelling": worth(spelt, by_vote, samples),
        f"majority of {samples}, by value": worth(valued, by_vote, samples),
        f"any of {samples} (pass@{samples})": worth(spelt, by_verifier, samples),
    }
