"""The table of claims: every line with its control, its interval and its verdict.

`lines` are plain rows, as `minir1 claims --json` prints them; `summary` and `markdown` are the
README's tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from minir1 import recipes
from minir1.bench.cells import heading, line
from minir1.bench.claims import elsewhere, sweeps
from minir1.bench.claims.claim import FAILS, HOLDS, MISSING, UNSURE, judged
from minir1.bench.claims.groups import CLAIMS, GROUPS
from minir1.bench.claims.measure import ROWS, read_results
from minir1.bench.claims.rounded import ROUNDED
from minir1.bench.r1_pattern import STATEMENTS
from minir1.bench.thresholds import THRESHOLDS
from minir1.run.stats import Interval

Line = dict[str, Any]
RECIPE = "claim"
LOOKS = 2
"""How often verdicts were read: at six seeds, and again with six fresh ones, as decided before
these were run. Two looks are two chances to be fooled, so each interval pays for both."""
VERDICTS = (HOLDS, FAILS, UNSURE, MISSING)


def lines(path: Path = ROWS, recipe: str = RECIPE) -> list[Line]:
    """Every claim, measured or not. All intervals over seeds are corrected for all of them."""
    rows = read_results(recipes.get(recipe), path)
    over_seeds = (CLAIMS, THRESHOLDS, elsewhere.HACKING, sweeps.SWEEPS, ROUNDED, STATEMENTS)
    count = LOOKS * sum(map(len, over_seeds))
    own = [
        judged(claim, rows, count) | {"about": group.says, "command": "minir1 claims --run"}
        for group in GROUPS
        for claim in group.claims
    ]
    return [*own, *sweeps.lines(count), *elsewhere.lines(count)]


def shown(one: Mapping[str, Any]) -> str:
    """The number of a line, with its interval.

    >>> shown({"interval": {"value": 0.2, "low": 0.1, "high": 0.3}, "values": [], "unit": ""})
    '+0.2 [+0.1, +0.3]'
    """
    found, values, unit = one["interval"], one["values"], one["unit"]
    if found:
        return format(Interval(**found), ".3g" if unit else "+.3g") + unit
    return f"{sum(values) / len(values):,.6g}" if values else "-"


def markdown(found: Sequence[Line]) -> str:
    """One table a row of the design's table, all in one."""
    text = heading("claim", "control", "seeds", "number, interval", "must be", "verdict")
    for about in dict.fromkeys(one["about"] for one in found):
        text.append(f"| **{about}** | | | | | |")
        for one in found:
            if one["about"] == about:
                cells = (one["claim"], one["control"], str(len(one["seeds"]) or "-"))
                text.append(line(*cells, shown(one), one["threshold"] or "-", one["verdict"]))
    return "\n".join(text)


def summary(found: Sequence[Line]) -> str:
    """One line a row of the design's table: how many of its sentences have which verdict."""
    text = heading("what R1 is said to show", *VERDICTS)
    for about in dict.fromkeys(one["about"] for one in found):
        counts = Counter(one["verdict"] for one in found if one["about"] == about)
        text.append(line(about, *(str(counts[verdict] or "") for verdict in VERDICTS)))
    return "\n".join(text)


def counted(found: Sequence[Line]) -> str:
    """How many lines have which verdict."""
    counts = Counter(one["verdict"] for one in found)
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
