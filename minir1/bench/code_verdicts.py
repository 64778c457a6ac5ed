"""How many programs a second are judged, behind the strongest walls of this host.

    python -m minir1.bench.code_verdicts

A verdict is one fresh process: an interpreter's start, the walls, the calls, the end. The
programs are honest ones with three tests each; a program that hangs costs its wall clock, and
that is the limit's price and not the harness's.
"""

import os
import time
from concurrent.futures import ThreadPoolExecutor

from minir1.tasks import Verdict
from minir1.tasks.code import Level, strongest, verify_code

GOLD = {"fn": "digits", "hidden_tests": [[[407], 11], [[0], 0], [[99999], 45]]}
PROGRAM = "def digits(n):\n    return sum(map(int, str(n)))\n"


def code_verdicts(count: int = 60, threads: int = 2, level: Level | None = None) -> dict:
    """Judge `count` programs on that many threads; verdicts a second and CPU seconds each."""
    level = level or strongest()
    verify_code(GOLD, PROGRAM, level=level)  # warms the disk's cache
    before, started = os.times(), time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        verdicts = list(pool.map(lambda _: verify_code(GOLD, PROGRAM, level=level), range(count)))
    seconds, after = time.perf_counter() - started, os.times()
    assert verdicts == [Verdict.CORRECT] * count
    cpu_seconds = sum(after[:4]) - sum(before[:4])
    return {
        "level": str(level),
        "verdicts_per_s": count / seconds,
        "cpu_seconds_each": cpu_seconds / count,
    }


if __name__ == "__main__":
    for one in (Level(("rlimits",), ("see the level",)), strongest()):
        print(code_verdicts(level=one))
