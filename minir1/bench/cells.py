"""The lines and cells of a Markdown table.

A cell with a spread reads `median (lowest to highest)`.
"""

from collections.abc import Sequence

from minir1.bench.clock import spread


def line(*cells: str) -> str:
    """One line of a Markdown table.

    >>> line("a", "b")
    '| a | b |'
    """
    return f"| {' | '.join(cells)} |"


def heading(*cells: str) -> list[str]:
    """The first two lines of a Markdown table."""
    return [line(*cells), "|---" * len(cells) + "|"]


def cell(values: Sequence[float]) -> str:
    """`median (lowest to highest)`.

    >>> cell([1.0, 2.0, 30000.0])
    '2 (1 to 30,000)'
    """
    middle, low, high = (number(value) for value in spread(values))
    return f"{middle} ({low} to {high})"


def number(value: float) -> str:
    """Three significant digits, thousands apart.

    >>> number(12345.6), number(0.012345)
    ('12,300', '0.0123')
    """
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 100 else f"{rounded:g}"
