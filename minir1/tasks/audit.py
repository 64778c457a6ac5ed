"""Is a task fit to be trained on? What a policy would find out in a thousand steps, in a minute.

    gold        every row's own right answer must be paid
    constants   the same answer to every row must not be
    nothing     empty, huge and broken texts must not be paid, nor take long
    echo        the question, handed back, must not be paid
    rows        no question may stand there with two golds

A policy finds whatever pays. Public tasks have been seen that pay 1.0 for "0" on every item, for
no number at all, or for any text where the gold is False; an audit of some lines shows each.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from minir1.tasks.base import Problem, Task, Verdict

MAX_CONSTANT = 0.6
"""The most that one answer may earn over all rows. Yes or no by the toss of a coin earns half."""
LIMIT_S = 2.0
SWEPT = 100
"""Rows that the sweep asks; of programs, each of which is a process, SWEPT_PROGRAMS."""
SWEPT_PROGRAMS = 4
HOSTILE_ROWS = 3

NUMBERS = (*map(str, range(11)), "-1", "100", "0.5", "1/2", "inf", "-inf", "x")
CONSTANTS = (*NUMBERS, "yes", "no", "Yes", "No", "true", "false", "True", "False", *"ABCDE")
PAY_NOBODY = ("nan", "null", "?", "...", "any", "anything", "0/0", "yes or no", "true or false",
              "1 or 2", "0, 1, 2, 3, 4, 5", "1e999", "*", "\\infty - \\infty")  # fmt: skip
VALUES = ("None", "0", "1", "True", "[]", "''", "a[0]", "a", "type('E', (), {'__eq__': print})()")
"""What a constant program returns; `a` are the arguments."""
HOSTILE = (
    *("", " ", "<answer></answer>", "<answer> </answer>", "<think></think>", "</answer>" * 1000),
    *("<answer>" + "9" * 100_000 + "</answer>", "<answer>" + "(" * 900 + "</answer>"),
    *("<answer> 9^9^9^9 </answer>", "<answer> 1e999999999 </answer>", "<answer> \x00 </answer>"),
    *("<answer> \ud800 </answer>", "a" * 1_000_000, "<answer> \\boxed{ </answer>"),
)
_PIECE = re.compile(r"[-+*/^().0-9 ]*[0-9)] *[-+*/^] *[(0-9][-+*/^().0-9 ]*")


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found. `unknown`: it could not be done on every row."""

    name: str
    status: Literal["ok", "FAIL", "unknown"]
    found: str


def completion(answer: str) -> str:
    """A well formed completion with this answer."""
    return f"<think> so </think> <answer> {answer} </answer>"


def audit(task: Task, problems: Sequence[Problem]) -> list[Check]:
    """Every check, over these problems.

    >>> from itertools import islice
    >>> from minir1.tasks.arithmetic import Arithmetic
    >>> task = Arithmetic()
    >>> [check.status for check in audit(task, list(islice(task.problems("train", 0), 20)))]
    ['ok', 'ok', 'ok', 'ok', 'ok', 'ok']
    """
    programs = [problem for problem in problems if _is_code(problem)]
    texts = [problem for problem in problems if not _is_code(problem)]
    # Like rows stand in runs: a sweep over the first ones alone would mislead.
    some = texts[:: max(1, len(texts) // SWEPT)]
    some += programs[:: max(1, len(programs) // SWEPT_PROGRAMS)]
    return [
        golds(task, problems),
        constants(task, some),
        pay_nobody(task, some),
        hostile(task, some[:HOSTILE_ROWS]),
        echoes(task, some),
        rows(problems),
    ]


def golds(task: Task, problems: Sequence[Problem]) -> Check:
    """Each row's own answer is right. Its time tells how fast the verifier is."""
    known = [problem for problem in problems if problem.solution]
    started = time.perf_counter()
    wrong = [p for p in known if not pays(task, p, completion(p.solution))]
    seconds = time.perf_counter() - started
    if wrong:
        first = wrong[0]
        found = f"{len(wrong)} of {len(known)} right answers earn nothing, the first is "
        return Check("gold", "FAIL", found + f"{first.solution!r:.60} to {first.question!r:.60}")
    speed = f", {len(known) / seconds:,.0f} verdicts/s" if known else ""
    if len(known) < len(problems):
        missing = f'{len(problems) - len(known)} of {len(problems)} rows bring no "solution"'
        return Check("gold", "unknown", missing + speed)
    return Check("gold", "ok", f"{len(known)} of {len(known)} right{speed}")


def constants(task: Task, problems: Sequence[Problem]) -> Check:
    """No answer earns much on all rows: small numbers, yes and no, the commonest golds."""
    best, earned, asked = "", 0.0, 0
    for is_code in (False, True):
        mine = [problem for problem in problems if _is_code(problem) is is_code]
        common = [text for text, _ in Counter(p.solution for p in mine).most_common(5) if text]
        answers = VALUES if is_code else dict.fromkeys((*CONSTANTS, *common))
        for answer in answers if len(mine) > 1 else ():  # one row's own answer is a constant
            share = sum(pays(task, p, _constant(p, answer)) for p in mine) / len(mine)
            asked += 1
            if share > earned:
                best, earned = answer, share
    status = "FAIL" if earned > MAX_CONSTANT else "ok"
    found = f", the best is {best!r:.40}" if best else ""
    return Check("constants", status, f"{asked} answers, each to all rows{found}: {earned:.2f}")


def pay_nobody(task: Task, problems: Sequence[Problem]) -> Check:
    """Texts that answer no question earn nothing, but where they are the gold."""
    for answer in PAY_NOBODY:
        for problem in problems:
            if _is_code(problem):
                continue  # none of them is a program; the sweep has programs of its own
            own = problem.solution.strip().lower() == answer.lower()
            if not own and pays(task, problem, completion(answer)):
                found = f"{answer!r} is paid, for {problem.question!r:.60}"
                return Check("no answers", "FAIL", found)
    return Check("no answers", "ok", f"{len(PAY_NOBODY)} texts, none is paid")


def hostile(task: Task, problems: Sequence[Problem]) -> Check:
    """Empty, huge and broken texts are paid nothing, and are judged in time."""
    slowest = 0.0
    for problem in problems:
        for text in HOSTILE:
            seconds, paid = _timed(lambda p=problem, t=text: pays(task, p, t))
            if seconds > LIMIT_S:  # the machine may have been busy: once more
                seconds, paid = _timed(lambda p=problem, t=text: pays(task, p, t))
            slowest = max(slowest, seconds)
            if paid or seconds > LIMIT_S:
                what = "is paid" if paid else f"takes {seconds:.1f} s"
                return Check("hostile texts", "FAIL", f"{text!r:.40} {what}")
    return Check("hostile texts", "ok", f"{len(HOSTILE)} texts, slowest {slowest:.2f} s")


def echoes(task: Task, problems: Sequence[Problem]) -> Check:
    """The question, or the longest sum in it, is no answer."""
    for problem in problems:
        pieces = [problem.question, *_PIECE.findall(problem.question)]
        for piece in {piece.strip(" .") for piece in pieces}:
            if piece != problem.solution and pays(task, problem, completion(piece)):
                return Check("echo", "FAIL", f"{piece!r:.60} of the question itself is paid")
    return Check("echo", "ok", f"{len(problems)} questions, handed back, earn nothing")


def rows(problems: Sequence[Problem]) -> Check:
    """No question stands there twice with two golds."""
    golds_of: dict[tuple[str, str], set[str]] = {}
    for problem in problems:
        golds_of.setdefault((problem.key, problem.question), set()).add(repr(problem.gold))
    torn = [question for (_, question), golds in golds_of.items() if len(golds) > 1]
    if torn:
        return Check("rows", "FAIL", f"{len(torn)} questions have two golds, as {torn[0]!r:.60}")
    return Check("rows", "ok", f"{len(golds_of)} different questions in {len(problems)} rows")


def pays(task: Task, problem: Problem, text: str) -> bool:
    """Whether a whole completion is right."""
    return task.verify(problem.gold, text) is Verdict.CORRECT


def _is_code(problem: Problem) -> bool:
    return isinstance(problem.gold, dict) and problem.gold.get("verifier") == "code"


def _constant(problem: Problem, value: str) -> str:
    """A completion that answers the same to every row."""
    if _is_code(problem):
        return completion(f"def {problem.gold['gold']['fn']}(*a):\n    return {value}")
    return completion(value)


def _timed(act: Callable[[], bool]) -> tuple[float, bool]:
    started = time.perf_counter()
    done = act()
    return time.perf_counter() - started, done
