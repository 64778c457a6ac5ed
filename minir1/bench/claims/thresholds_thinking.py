"""What the seeds must show about thinking for longer.

Written down before the judged seeds were run, like `thresholds.py`.
"""

from __future__ import annotations

import math

import numpy as np

from minir1.bench.claims.claim import Arms, Claim
from minir1.bench.claims.thresholds import grown, more


def vote_at_tokens(arms: Arms) -> float:
    """R1-Zero's accuracy minus the base's majority vote, for as many tokens."""
    points = arms["base"]["vote"]
    tokens, heights = [p[1] for p in points], [p[2] for p in points]
    zero = arms["zero"]["pass@k"]["1"]
    return zero - float(np.interp(arms["zero"]["wide_length"], tokens, heights))


THINKING = (
    Claim(
        key="thinking/longer",
        says="it takes longer to think: responses 1.3 times as long",
        control="base",
        arms=("zero", "base"),
        read=lambda arms: grown(arms, "zero", "length", "base"),
        low=math.log(1.3),
        ratio=True,
    ),
    Claim(
        key="thinking/budget",
        says="and that helps: cut to a quarter of the budget it loses 5 points",
        control="a quarter of the budget",
        arms=("budgets",),
        read=lambda arms: arms["budgets"]["whole"] - arms["budgets"]["quarter"],
        low=0.05,
    ),
    Claim(
        key="thinking/length alone",
        says="length alone doesn't: better than the base made as long, its checks unheard",
        control="length_matched",
        arms=("zero", "length_matched"),
        read=more("zero", "length_matched"),
        low=0.0,
    ),
    Claim(
        key="thinking/vote",
        says="one long response beats the base's majority vote with as many tokens",
        control="majority vote",
        arms=("zero", "base"),
        read=vote_at_tokens,
        low=0.0,
    ),
)
