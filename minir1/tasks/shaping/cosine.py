r"""Cosine length reward: right answers are better when short, wrong ones when long.

    cos(n; a, b) = b + (a - b) * (1 + cos(pi * n / limit)) / 2      from a at n = 0 to b at limit

    right    from 1 down to 1/2
    wrong    from -1 up to 0
    cut off  -1

Yeo et al., arXiv 2502.03373, equation 1: a policy that is wrong should think longer, one that
is right should not waste tokens. Theirs goes from 2 to 1 and from -10 to 0, with -10 for what
is cut off; here everything is in -1..1, so that the weight in the recipe says what it is worth.
Any right answer earns more than any wrong one, whatever the lengths.
"""

from __future__ import annotations

from math import cos, pi

RIGHT = (1.0, 0.5)
WRONG = (-1.0, 0.0)
CUT = -1.0


def cosine(right: bool, tokens: int, limit: int, cut: bool) -> float:
    """The reward of a response of `tokens` under a budget of `limit`.

    >>> [cosine(True, n, 100, False) for n in (0, 100)]
    [1.0, 0.5]
    >>> [cosine(False, n, 100, False) for n in (0, 50, 100)], cosine(False, 100, 100, True)
    ([-1.0, -0.5, 0.0], -1.0)
    """
    if cut or tokens > limit:
        return CUT
    start, end = RIGHT if right else WRONG
    return round(end + (start - end) * (1 + cos(pi * tokens / limit)) / 2, 12)
