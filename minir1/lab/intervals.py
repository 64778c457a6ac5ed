"""How sure is a number? Pictures of intervals: their width, whether they keep their promise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import binom

from minir1.lab.charts import columns, lines
from minir1.lab.picture import Picture, panels
from minir1.run import stats
from minir1.run.report.ink import LIGHT, x_label


def wald(successes: int, n: int) -> tuple[float, float]:
    """The interval of the textbooks: p +- 1.96 sqrt(p (1 - p) / n)."""
    p = successes / n
    half = 1.96 * np.sqrt(p * (1 - p) / n)
    return p - half, p + half


def one_count(right: int, problems: int) -> Picture:
    """One evaluation: its value and its interval on a line from 0 to 100%."""
    right = min(right, problems)
    found = stats.wilson(right, problems)
    figure, (axes,) = panels(
        (f"{right} of {problems} are right", "share, with its 95% interval"), height=1.35, width=7.6
    )
    axes.hlines(0, found.low, found.high, color=LIGHT["after"], linewidth=3)
    axes.scatter([found.value], [0], s=48, color=LIGHT["after"], zorder=3)
    for place, side, shift in ((found.low, "right", -5), (found.high, "left", 5)):
        axes.annotate(
            f"{place:.1%}", (place, 0), (shift, 0), textcoords="offset points", va="center",
            ha=side, fontsize=8.5, color=LIGHT["ink"],
        )  # fmt: skip
    axes.set(xlim=(-0.08, 1.08), ylim=(-1, 1), yticks=[])
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
    width = 100 * (found.high - found.low)
    return Picture(figure, f"{right} of {problems}: {found}, {width:.0f} points wide")


def width_chart(shares: Sequence[int | float] = (0.5, 0.2, 0.05)) -> Picture:
    """How wide the interval is, by the number of problems."""
    counts = [20, 30, 50, 100, 200, 500, 1000, 2000, 5000]
    found = {}
    for share in shares:
        ends = [stats.wilson(round(share * n), n) for n in counts]
        found[f"{share:.0%} right"] = [100 * (one.high - one.low) for one in ends]
    return lines(
        "Width of a 95% interval", "points", counts, found, x_name="problems", log="xy",
        words=f"At 50% right: {found['50% right'][3]:.0f} points with 100 problems, "
        f"{found['50% right'][6]:.1f} with 1,000. Four times the problems make it half as wide",
    )  # fmt: skip


def coverage(n: int, shares: np.ndarray) -> dict[str, np.ndarray]:
    """How often each interval holds the truth, exactly: summed over all counts."""
    counts = np.arange(n + 1)
    bounds = {
        "textbook": [wald(int(k), n) for k in counts],
        "Wilson": [(one.low, one.high) for one in (stats.wilson(int(k), n) for k in counts)],
    }
    found = {}
    for name, pairs in bounds.items():
        low, high = np.array(pairs).T
        held = (low[:, None] <= shares) & (shares <= high[:, None])
        found[name] = (held * binom.pmf(counts[:, None], n, shares)).sum(0)
    return found


def coverage_chart(n: int) -> Picture:
    """Coverage of the two intervals over the true share."""
    shares = np.linspace(0.005, 0.995, 199)
    found = coverage(n, shares)
    picture = lines(
        f"Does a 95% interval hold the truth in 95% of cases? {n} problems", "share of cases",
        shares, found, x_name="true share", percent=True,
        words="At worst the truth is held in "
        + ", ".join(f"{values.min():.0%} of cases ({name})" for name, values in found.items()),
    )  # fmt: skip
    axes = picture.figure.axes[0]
    axes.axhline(0.95, color=LIGHT["muted"], linewidth=0.9)
    axes.annotate(
        "95%, as promised", (0.5, 0.95), (0, -6), textcoords="offset points", fontsize=7.5,
        ha="center", va="top", color=LIGHT["muted"],
    )  # fmt: skip
    return picture


def paired_chart(before: Sequence[int | float], after: Sequence[int | float]) -> Picture:
    """The difference of two models on the same problems: paired and not paired."""
    one, two = np.asarray(before, float), np.asarray(after, float)
    paired = stats.paired_difference([[x] for x in one], [[x] for x in two])
    apart = float(two.mean() - one.mean())
    half = 1.96 * float(np.sqrt(one.var(ddof=1) / len(one) + two.var(ddof=1) / len(two)))
    ends = {"paired": (paired.low, paired.high), "not paired": (apart - half, apart + half)}
    figure, (axes,) = panels(
        ("The difference of two models", "points, 95% interval"), height=1.7, width=7.6
    )
    for line, (name, (low, high)) in enumerate(reversed(ends.items())):
        ink = LIGHT["after" if name == "paired" else "before"]
        axes.hlines(line, 100 * low, 100 * high, color=ink, linewidth=3)
        axes.scatter([100 * apart], [line], s=40, color=ink, zorder=3)
    axes.axvline(0, color=LIGHT["ink"], linewidth=0.8)
    axes.set_yticks(range(len(ends)), list(reversed(ends)))
    axes.set_ylim(-0.6, len(ends) - 0.4)
    x_label(axes, "points")
    widths = {name: 100 * (high - low) for name, (low, high) in ends.items()}
    said = ", ".join(f"{name} {width:.1f}" for name, width in widths.items())
    return Picture(figure, f"Difference {100 * apart:+.1f} points; width of the interval: {said}")


def best_of(looks: int, problems: int, share: int | float, draws: int = 4000) -> Picture:
    """What the best of several looks at one and the same model reports."""
    drawn = np.random.default_rng(0).binomial(problems, share, size=(draws, looks)) / problems
    most = np.maximum.accumulate(drawn, axis=1).mean(0)
    return lines(
        f"The best of several evaluations of one model, {problems} problems", "reported, mean",
        np.arange(1, looks + 1),
        {"the best one": most, "the truth": np.full(looks, share)}, x_name="evaluations looked at",
        percent=True,
        words=f"A model with {share:.0%} reports {most[-1]:.1%} as the best of {looks} looks",
    )  # fmt: skip


def sign_floor(most: int = 10) -> Picture:
    """The smallest p-value that a sign test can reach with so many seeds."""
    seeds = np.arange(2, most + 1)
    return columns(
        "The smallest p that n seeds can reach", "sign test, two-sided; dashed: 0.05",
        {"p": 2.0 ** (1 - seeds)}, x_name="seeds", ticks=[str(n) for n in seeds], line=0.05,
        height=2.3, words=f"With 5 seeds p is at least {2.0**-4:.3f}, with 6 it is {2.0**-5:.3f}",
    )  # fmt: skip


def needed(shares: Sequence[int | float] = (0.5, 0.2, 0.05)) -> Picture:
    """How many problems it takes to see a difference four times out of five."""
    points = np.array([1, 2, 3, 5, 7, 10, 15, 20])
    found = {
        f"around {p:.0%}": 2 * p * (1 - p) * ((1.96 + 0.84) / (points / 100)) ** 2 for p in shares
    }
    return lines(
        "Problems needed to see a difference in 4 of 5 trials",
        "problems for each model, one sample each, not paired",
        points, found, x_name="true difference, points", log="xy",
        words="To see 2 points around 50%: "
        f"{found['around 50%'][1]:,.0f} problems; to see 10 points: {found['around 50%'][5]:,.0f}",
    )  # fmt: skip
