r"""Public graders on our maths cases, in the same run, each in a process that can be killed.

A grader gets the gold as it is and the text between our answer tags, in a box if it has none,
for some look at nothing else; or the whole completion where there are no tags. So none is
marked down for not knowing the tags. A case that is wrong by its structure alone is one that a
grader without tags may well accept: the table says which rule it lacks, not that it is careless.

    math-verify   parse(text), then verify(gold, answer), with its defaults
    TRL           accuracy_reward, as its GRPO examples use it
    mathruler     grader.grade_answer on the box, as EasyR1 uses it

A run longer than LIMIT_S is a TIMEOUT, a process that dies twice a CRASH. Both pay nothing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from minir1.bench.verifiers import public
from minir1.bench.verifiers.cases import Case, cases
from minir1.bench.verifiers.numbers import Judge, measure
from minir1.bench.verifiers.report import report, row
from minir1.tasks.pool import Budget, Died, Late, Pool

LIMIT_S = 2.4
"""Seconds for one case, below the 2.5 of processor time that a worker always has."""
EVERY = 10
"""One of so many crossed pairs is put before each side."""
PACKAGES: Mapping[str, str] = {"math-verify": "math_verify", "mathruler": "mathruler", "TRL": "trl"}
_ANSWER = re.compile(r"<answer>(.*)</answer>", re.DOTALL)


def handed(case: Case) -> list[str]:
    """What a grader is given of a case.

    >>> handed({"gold": "5", "pred": "<think> a </think> <answer> $5$ </answer>"})
    ['5', '$\\\\boxed{5}$']
    """
    found = _ANSWER.findall(case["pred"])
    if not found:
        return [case["gold"], case["pred"]]
    answer = found[-1].strip()
    boxed = answer if r"\boxed" in answer else rf"$\boxed{{{answer.strip('$')}}}$"
    return [case["gold"], boxed]


def judge_by(pool: Pool) -> Judge:
    """A public grader as a judge of cases."""

    def judge(case: Case) -> str:
        try:
            return "CORRECT" if pool.call(handed(case), Budget(LIMIT_S)) else "WRONG"
        except Died:
            return "CRASH"
        except Late:
            return "TIMEOUT"

    return judge


def compare(groups: Sequence[str]) -> Iterable[dict[str, Any]]:
    """Ours and every grader that is installed, on the same cases."""
    installed = [name for name, module in PACKAGES.items() if find_spec(module)]
    for name in sorted(set(PACKAGES) - set(installed)):
        print(f"{name} isn't installed: pip install 'minir1[bench]'", file=sys.stderr)
    for group in groups:
        found = dict(cases("math", group))
        found["crossed"] = found["crossed"][::EVERY]
        yield report("math", group, found)
        for name in installed:
            target = f"{public.__name__}:{PACKAGES[name]}"
            with Pool(target, size=1) as pool:
                pool.call(["1", "$1$"], Budget(LIMIT_S * 10))  # its late imports
                numbers = measure(found, judge_by(pool))
            yield row("math", group, name, found, numbers)
