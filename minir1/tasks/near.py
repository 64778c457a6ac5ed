"""Almost right: what a task of your own must not pay, on top of the audit (tasks/audit.py).

    structure    the right answer in the wrong place: in the thinking, unclosed, one of two
    changed      the right answer with a word too many, too few, or another one
    near misses  what the task's file itself calls almost right
    examples     some of what the base reads must be right, and not all of it
    seeds        the same seed draws the same problems
    split        no question stands on both sides

A changed answer can be right by accident where a question has several, so a few may be paid.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import islice

from minir1.tasks.audit import Check, audit, completion, pays
from minir1.tasks.base import Problem, Split
from minir1.tasks.sources.own import OwnTask

MAX_CHANGED = 0.2
"""The share of changed answers that may be right by accident."""
MIN_MISSES = 2
"""Near misses that a file brings for each problem."""
ROWS = 32
DRAWN = 300
"""Problems of each side that are compared."""
LEAST, MOST = 0.01, 0.9
"""The share of right examples: enough to be rewarded, and something left to learn."""
SPLITS: tuple[Split, Split] = ("train", "heldout")


def own_checks(task: OwnTask, problems: Sequence[Problem]) -> list[Check]:
    """The audit and every check of this file."""
    some = problems[:ROWS]
    checks = (structure, changed, near_misses, examples)
    return [
        *audit(task, problems),
        *(check(task, some) for check in checks),
        seeds(task),
        split(task),
    ]


def misplaced(right: str, wrong: str) -> dict[str, str]:
    """Completions that hold the right answer, and don't give it.

    >>> misplaced("7 7", "1")["unclosed"]
    '<think> so </think> <answer> 7 7'
    """
    return {
        "only thought of": f"<think> {right} </think>",
        "unclosed": f"<think> so </think> <answer> {right}",
        "the last of two": f"{completion(wrong)} <answer> {right} </answer>",
        "the first of two": f"{completion(right)} <answer> {wrong} </answer>",
        "followed by more": f"{completion(right)} {wrong}",
    }


def changes(right: str, other: str) -> dict[str, str]:
    """Answers that are close to the right one.

    >>> changes("7 7", "9 1")["a word less"], changes("7", "9")["the last number plus 1"]
    ('7', '8')
    """
    words = right.split()
    found = {
        "the answer twice": f"{right} {right}",
        "the answer in a sentence": f"it is {right}",
        "the answer or another": f"{right} or {other}",
        "the last word twice": f"{right} {words[-1]}",
    }
    if len(words) > 1:
        found["a word less"] = " ".join(words[:-1])
    if words[-1].isdecimal():
        found["the last number plus 1"] = " ".join([*words[:-1], str(int(words[-1]) + 1)])
    return {name: text for name, text in found.items() if text.split() != words}


def structure(task: OwnTask, problems: Sequence[Problem]) -> Check:
    """An answer counts in its place alone."""
    for problem in problems:
        wrong = f"{problem.solution} 99 99"
        for name, text in misplaced(problem.solution, wrong).items():
            if pays(task, problem, text):
                return Check("structure", "FAIL", f"an answer {name} is paid: {text!r:.80}")
    return Check("structure", "ok", f"{len(misplaced('', ''))} ways to misplace an answer")


def changed(task: OwnTask, problems: Sequence[Problem]) -> Check:
    """No way to change the right answers is paid often."""
    paid: dict[str, list[bool]] = {}
    for problem, other in zip(problems, [*problems[1:], *problems[:1]], strict=True):
        for name, text in changes(problem.solution, other.solution).items():
            paid.setdefault(name, []).append(pays(task, problem, completion(text)))
    share, worst = max((sum(found) / len(found), name) for name, found in paid.items())
    status = "FAIL" if share > MAX_CHANGED else "ok"
    return Check("changed", status, f"{len(paid)} ways, the best is {worst!r}: paid in {share:.0%}")


def near_misses(task: OwnTask, problems: Sequence[Problem]) -> Check:
    """What the file itself calls almost right is not right."""
    asked = 0
    for problem in problems:
        texts = set(task.near_misses(problem)) - {problem.solution}
        if len(texts) < MIN_MISSES:
            found = f"{len(texts)} for {problem.question!r:.60}: give {MIN_MISSES} or more"
            return Check("near misses", "FAIL", found)
        for text in sorted(texts):
            asked += 1
            if pays(task, problem, completion(text)):
                found = f"{text!r:.60} is paid, for {problem.question!r:.60}"
                return Check("near misses", "FAIL", found)
    return Check("near misses", "ok", f"{asked} of your own, none is paid")


def examples(task: OwnTask, problems: Sequence[Problem]) -> Check:
    """The examples are right now and then."""
    rng, right, asked = random.Random(0), 0, 0
    for problem in problems:
        for _ in range(8):
            asked += 1
            right += pays(task, problem, completion(task.example(problem, rng)[1]))
    share = right / asked
    if share < LEAST:
        return Check(
            "examples", "FAIL", f"{right} of {asked} are right: RL finds nothing to reward"
        )
    if share > MOST:
        return Check("examples", "FAIL", f"{share:.0%} are right: RL finds nothing to improve")
    return Check("examples", "ok", f"{share:.0%} of {asked} are right")


def seeds(task: OwnTask) -> Check:
    """All chance comes from the generator that `draw` is given."""
    for name in SPLITS:
        one, two = (list(islice(task.problems(name, 5), ROWS)) for _ in range(2))
        if one != two:
            found = "the same seed drew other problems: take all chance from rng"
            return Check("seeds", "FAIL", found)
    if len({problem.question for problem in one}) == 1:
        return Check("seeds", "FAIL", f"every problem is the same, {one[0].question!r:.60}")
    return Check("seeds", "ok", f"{2 * ROWS} problems, drawn twice, are the same")


def split(task: OwnTask) -> Check:
    """What is held out was never trained on: one question has one key."""
    sides = [list(islice(task.problems(name, 0), DRAWN)) for name in SPLITS]
    for problem in sides[1]:
        twin = next((p for p in sides[0] if p.question == problem.question), None)
        if twin is not None:
            found = f"{problem.question!r:.60} is on both sides, as {twin.key!r:.30} and "
            return Check("split", "FAIL", f"{found}{problem.key!r:.30}: one question, one key")
    counts = " and ".join(str(len({p.key for p in side})) for side in sides)
    return Check("split", "ok", f"{counts} keys, no question on both sides")


def both_sides(task: OwnTask, count: int) -> list[Problem]:
    """So many problems of each side."""
    return [p for name in SPLITS for p in islice(task.problems(name, 0), count)]
