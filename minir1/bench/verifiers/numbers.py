"""The four numbers: what is accepted in each list of cases, how slow, and how sure.

    none of n accepted:   the rate is below 1 - 0.05^(1/n), about 3/n, with 95% confidence
    k of n:               Clopper-Pearson, the k + 1, n - k quantile of a beta distribution

The bounds are one-sided. For recall it is the lower one that counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from minir1.bench.verifiers.cases import KINDS, Case, Cases

KEPT = 20
"""Cases with a wrong verdict that a row keeps."""
CUT = 200

Judge = Callable[[Case], str]
"""The verdict on a case as a text; "CORRECT" is the one that pays."""


def upper(accepted: int, n: int) -> float:
    """The largest rate that k of n leaves likely, at 95%.

    >>> round(upper(0, 300), 4), upper(3, 3)
    (0.0099, 1.0)
    """
    from scipy.stats import beta

    return 1.0 if accepted == n else float(beta.ppf(0.95, accepted + 1, n - accepted))


def lower(accepted: int, n: int) -> float:
    """The smallest rate that k of n leaves likely, at 95%.

    >>> round(lower(300, 300), 4)
    0.9901
    """
    return 1.0 - upper(n - accepted, n)


def measure(found: Cases, judge: Judge) -> dict[str, dict[str, Any]]:
    """Each list of cases under one judge."""
    return {kind: tally(found[kind], judge, kind == "right") for kind in KINDS if found.get(kind)}


def tally(found: list[Case], judge: Judge, right: bool) -> dict[str, Any]:
    """How many cases of a list are accepted, the verdicts, the slowest, and what went wrong."""
    verdicts: dict[str, int] = {}
    wrong, slowest, slow_pred, most_cpu = [], 0.0, "", 0.0
    for case in found:
        started, used = time.monotonic(), time.thread_time()
        verdict = judge(case)
        seconds = time.monotonic() - started
        most_cpu = max(most_cpu, time.thread_time() - used)  # without waiting for a worker
        if seconds > slowest:
            slowest, slow_pred = seconds, case["pred"]
        verdicts[verdict] = verdicts.get(verdict, 0) + 1
        if (verdict == "CORRECT") is not right:
            wrong.append([str(case["gold"])[:CUT], case["pred"][:CUT], verdict])
    return {
        "n": len(found),
        "accepted": verdicts.get("CORRECT", 0),
        "verdicts": verdicts,
        "slowest_s": round(slowest, 4),
        "slowest": slow_pred[:CUT],
        "most_cpu_s": round(most_cpu, 4),
        "wrong": wrong[:KEPT],
    }
