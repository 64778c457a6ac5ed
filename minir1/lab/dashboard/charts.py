"""Small line charts as SVG, made by hand: half a millisecond each, so that they can move.

Their colours are CSS variables, so a chart follows the page's theme. What it shows is said in
words too (`aria-label`), and its last value stands beside its title.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import numpy as np
from matplotlib.ticker import MaxNLocator

from minir1.run.jsonl import Row
from minir1.run.report.curves import smooth, window_for

WIDTH, HEIGHT = 300, 130
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 8, 20
MOST_POINTS = 240
Place = Callable[[int | float], float]
"""From a value to where it is drawn."""


def chart(
    title: str,
    unit: str,
    steps: np.ndarray,
    values: np.ndarray,
    *,
    ink: str = "after",
    held_out: Sequence[Row] = (),
    note: str = "",
) -> str:
    """A curve over the steps; `held_out` are measurements with their intervals."""
    line = smooth(values, window_for(len(values)))
    share = unit.startswith("share of")
    tops = [one["high"] for one in held_out]
    low, high = limits(min(0.0, float(values.min())), max([float(values.max()), *tops]))
    last = max(float(steps[-1]), *(float(one["step"]) for one in held_out), 1.0)

    def x(step: int | float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * step / last

    def y(value: int | float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low)

    parts = [grid(low, high, y, share), x_axis(last, x)]
    keep = np.unique(np.linspace(0, len(values) - 1, min(len(values), MOST_POINTS)).astype(int))
    kept = [(x(float(steps[i])), y(float(values[i])), y(float(line[i]))) for i in keep]
    points = "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="1.6"/>' for a, b, _ in kept)
    path = " ".join(f"{a:.1f},{c:.1f}" for a, _, c in kept)
    parts.append(f'<g fill="var(--{ink})" opacity=".35">{points}</g>')
    parts.append(f'<polyline points="{path}" fill="none" stroke="var(--{ink})" stroke-width="2"/>')
    parts += [diamond(x(one["step"]), *(y(one[k]) for k in ("value", "low", "high")))
              for one in held_out]  # fmt: skip
    now = written(float(line[-1]), share)
    said = f"{title}, {unit}: from {written(float(line[0]), share)} to {now}"
    return figure(title, unit, now, said, "".join(parts), note)


def figure(title: str, unit: str, now: str, said: str, body: str, note: str = "") -> str:
    """A chart under its title, its unit and its last value."""
    below = f'<p class="note">{escape(note)}</p>' if note else ""
    return (
        f"<figure><figcaption><b>{escape(title)}</b> <output>{now}</output>"
        f"<br><small>{escape(unit)}</small></figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(said)}">{body}</svg>'
        f"{below}</figure>"
    )


def grid(low: float, high: float, y: Place, share: bool) -> str:
    """Quiet horizontal lines with their numbers."""
    return "".join(
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" '
        f'stroke="var(--grid)"/><text x="{LEFT - 5}" y="{y(tick) + 3.5:.1f}" '
        f'text-anchor="end">{written(tick, share)}</text>'
        for tick in ticks(low, high)
    )


def x_axis(last: float, x: Place) -> str:
    """The first and the last step."""
    return (
        f'<text x="{LEFT}" y="{HEIGHT - 5}">step 0</text>'
        f'<text x="{x(last):.1f}" y="{HEIGHT - 5}" text-anchor="end">{last:,.0f}</text>'
    )


def diamond(x: float, y: float, low: float, high: float) -> str:
    """A measurement on held-out problems, with its interval."""
    return (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}" stroke="var(--ink)"/>'
        f'<path d="M{x:.1f} {y - 4:.1f}l4 4l-4 4l-4 -4z" fill="var(--ink)"/>'
    )


def limits(low: float, high: float) -> tuple[float, float]:
    """Round ends of an axis.

    >>> limits(0.0, 0.73)
    (0.0, 0.8)
    """
    found = MaxNLocator(4).tick_values(low, high if high > low else low + 1.0)
    return float(found[0]), float(found[-1])


def ticks(low: float, high: float) -> list[float]:
    """The numbers of an axis."""
    found = MaxNLocator(4).tick_values(low, high)
    return [float(one) for one in found if low <= one <= high]


def written(value: int | float, share: bool = False) -> str:
    """A number as a chart writes it.

    >>> written(0.731, share=True), written(12345.6), written(0.0123), written(2.32e-07)
    ('73%', '12,346', '0.0123', '2.3e-7')
    """
    if share:
        return f"{100 * value:.3g}%" if abs(value) < 0.1 else f"{100 * value:.0f}%"
    if 0 < abs(value) < 1e-3:
        return f"{value:.1e}".replace("e-0", "e-")
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
