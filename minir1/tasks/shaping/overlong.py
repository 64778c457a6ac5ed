r"""Soft overlong punishment: the last part of the budget costs more and more.

    r = 0                                   length <= limit - buffer
    r = ((limit - buffer) - length) / buffer     in between
    r = -1                                  length > limit, or cut off

DAPO, arXiv 2503.14476, equation 13; there limit = 20,480 tokens and buffer = 4,096, a fifth. A
response that is cut off has no answer, so it earns nothing anyhow; but a wrong answer earns the
same, and the policy can't tell a thought that was too long from one that was bad. The slope
tells it before the cut.
"""

from __future__ import annotations


def overlong(tokens: int, limit: int, cut: bool, buffer_share: float) -> float:
    """The punishment, from -1 to 0, of a response of `tokens` under a budget of `limit`.

    >>> [overlong(n, 100, False, 0.2) for n in (80, 90, 100)], overlong(100, 100, True, 0.2)
    ([0.0, -0.5, -1.0], -1.0)
    """
    if cut or tokens > limit:
        return -1.0
    buffer = buffer_share * limit
    return min(0.0, (limit - buffer - tokens) / buffer)
