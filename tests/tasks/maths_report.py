"""The four-number report of the maths verifier on its case files: `python maths_report.py`.

It runs in a process of its own, without the checks that the tests put around every function:
those make each call many times slower, and the report is about time as well.
"""

import json
import sys
import time
from pathlib import Path

CASES = Path(__file__).parent / "cases"
SAME_GOLDS = [{"5", "x = 5"}, {"12", r"12 \text{ cm}"}, {r"(2,\infty)", "x > 2"}]
"""Golds of different rows that are the same answer."""
STRIDE = 5


def cases(name: str) -> list[dict]:
    lines = (CASES / f"maths_{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def crossed() -> list[dict]:
    """Each right answer under every fifth gold of the other rows."""
    found = [case for case in cases("right") if "question" not in case]
    golds = list(dict.fromkeys(case["gold"] for case in found))
    return [
        {"gold": gold, "pred": case["pred"]}
        for k, case in enumerate(found)
        for gold in golds[k % STRIDE :: STRIDE]
        if gold != case["gold"] and {gold, case["gold"]} not in SAME_GOLDS
    ]


def count(found: list[dict], right: bool) -> dict:
    """How many of the cases are accepted, which verdicts are wrong, and the slowest time."""
    from minir1.tasks import Verdict
    from minir1.tasks.maths import verify_maths

    accepted, wrong, slowest = 0, [], 0.0
    for case in found:
        start = time.monotonic()
        verdict = verify_maths(case["gold"], case["pred"], case.get("question"))
        slowest = max(slowest, time.monotonic() - start)
        accepted += verdict is Verdict.CORRECT
        if (verdict is Verdict.CORRECT) is not right:
            wrong.append(case | {"verdict": verdict})
    return {"accepted": accepted, "of": len(found), "slowest_s": slowest, "wrong": wrong}


def report() -> dict[str, dict]:
    from minir1.tasks.maths import verify_maths

    # A worker that has started: on a busy machine that takes longer than any answer.
    verify_maths(r"\sin 2x", r"<answer> 2 \sin x \cos x </answer>")
    return {
        "recall": count(cases("right"), right=True),
        "false positives": count(cases("near"), right=False),
        "cross-negative false positives": count(crossed(), right=False),
        "hack hits": count(cases("attacks"), right=False),
    }


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    print(json.dumps(report(), indent=1))
