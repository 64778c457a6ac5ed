"""Numbers as people read them."""

from __future__ import annotations

import math
from collections.abc import Mapping

Number = int | float
Measured = Mapping[str, Number]
"""A value with its interval: {"value", "low", "high"}."""


def percent(share: Number, digits: int = 1) -> str:
    """A share in percent.

    >>> percent(0.5384)
    '53.8%'
    """
    return f"{100 * share:.{digits}f}%"


def percent_interval(measured: Measured) -> str:
    """The ends of an interval of shares.

    >>> percent_interval({"value": 0.5, "low": 0.421, "high": 0.587})
    '42.1 to 58.7'
    """
    return f"{100 * measured['low']:.1f} to {100 * measured['high']:.1f}"


def points(difference: Number) -> str:
    """A difference of shares, with its sign.

    >>> points(-0.021)
    '-2.1'
    """
    return f"{100 * difference:+.1f}"


def plain(value: Number) -> str:
    """A number with as many digits as its size deserves.

    >>> plain(0), plain(0.00142), plain(0.1234), plain(3.14159), plain(124.4), plain(12345.6)
    ('0', '0.0014', '0.12', '3.1', '124', '12,346')
    """
    if not value:
        return "0"
    size = abs(value)
    if size < 0.01:
        return f"{value:.{1 - math.floor(math.log10(size))}f}"
    return f"{value:,.{2 if size < 1 else 1 if size < 100 else 0}f}"


def plain_interval(measured: Measured) -> str:
    """The ends of an interval of plain numbers."""
    return f"{plain(measured['low'])} to {plain(measured['high'])}"


def count(value: Number) -> str:
    """A large count in short.

    >>> count(950), count(5_120_000), count(3e15)
    ('950', '5.1 million', '3.0e15')
    """
    if value < 10_000:
        return f"{value:,.0f}"
    if value < 1e6:
        return f"{value / 1e3:,.0f} thousand"
    if value < 1e9:
        return f"{value / 1e6:.1f} million"
    if value < 1e12:
        return f"{value / 1e9:.1f} billion"
    return f"{value:.1e}".replace("e+", "e")


def duration(seconds: Number) -> str:
    """A time span.

    >>> duration(41.2), duration(754), duration(7384)
    ('41 s', '12 min 34 s', '2 h 3 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def dollars(value: Number) -> str:
    """A price, down to two digits that matter.

    >>> dollars(0.02345), dollars(0.08), dollars(12.5), dollars(202_000), dollars(0)
    ('$0.023', '$0.08', '$12.50', '$202,000', '$0')
    """
    if not value:
        return "$0"
    if value >= 1000:
        return f"${value:,.0f}"
    digits = max(2, 1 - math.floor(math.log10(value)))
    whole, _, cents = f"{value:.{digits}f}".partition(".")
    return f"${whole}.{cents.rstrip('0'):0<2}"
