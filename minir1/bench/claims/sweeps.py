"""What two sweeps must show (`bench/sweep.py`): doses of cold start, and of pay for language.

Written down before the first point was measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minir1.bench import sweep
from minir1.bench.claims.claim import Claim, judged
from minir1.bench.claims.elsewhere import ABOUT_PIPELINE
from minir1.bench.claims.thresholds import more
from minir1.bench.pipeline import RECIPE

SWEEPS = (
    Claim(
        key="sweep/cold readable",
        says="a short cold start is enough: after 20 steps 20 points more in one language",
        control="R1-Zero",
        arms=("cold-20", "language-0"),
        read=more("cold-20", "language-0", "purity"),
        low=0.2,
    ),
    Claim(
        key="sweep/cold costs",
        says="the longer the cold start, the more it costs: 160 steps reason worse than 20",
        control="cold-20",
        arms=("cold-160", "cold-20"),
        read=more("cold-160", "cold-20", "accuracy"),
        high=0.0,
    ),
    Claim(
        key="sweep/language paid",
        says="mixing is rewarded away: RL from the base, paid 0.5, 10 points more in one language",
        control="language-0",
        arms=("language-0.5", "language-0"),
        read=more("language-0.5", "language-0", "purity"),
        low=0.1,
    ),
    Claim(
        key="sweep/language dose",
        says="and the more is paid, the purer: 2 beats 0.1",
        control="language-0.1",
        arms=("language-2", "language-0.1"),
        read=more("language-2", "language-0.1", "purity"),
        low=0.0,
    ),
    Claim(
        key="sweep/language costs",
        says="it is bought with reasoning: paid 2, fewer right answers than paid 0",
        control="language-0",
        arms=("language-2", "language-0"),
        read=more("language-2", "language-0", "accuracy"),
        high=0.0,
    ),
)


def lines(claims: int) -> Iterator[dict[str, Any]]:
    """The sentences about sweeps, from their rows."""
    rows = [row for row in sweep.read_results() if row["recipe"] == RECIPE]
    for claim in SWEEPS:
        yield judged(claim, rows, claims) | {
            "about": ABOUT_PIPELINE,
            "command": f"python -m minir1.bench.sweep {RECIPE}",
        }
