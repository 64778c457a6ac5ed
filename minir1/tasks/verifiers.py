"""Verifiers by name: who judges a completion of which kind.

A task judges its problems under its own dials (`registry.py`). A verifier alone needs no dials:
what it must know is in the gold. `minir1 verify` and every grader of a file use this table, so
that a file can be judged without the config of the run that made it.

To add a verifier, write its file and add one line to the table.
"""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from minir1.tasks.arithmetic import verify_arithmetic
from minir1.tasks.base import Verdict
from minir1.tasks.code import verify_code
from minir1.tasks.completion import parse
from minir1.tasks.countdown import verify_countdown
from minir1.tasks.gold import require_gold
from minir1.tasks.maths.verify import verify_maths
from minir1.tasks.words import verify_words

_Entry = TypeVar("_Entry")


def verify_format(gold: Any, completion: str) -> Verdict:
    """CORRECT for a well formed completion, whatever its answer is; the gold isn't looked at.

    >>> verify_format(None, "<think> hm </think> <answer> no idea </answer>")
    <Verdict.CORRECT: 'CORRECT'>
    """
    parsed = parse(completion)
    if parsed.well_formed:
        return Verdict.CORRECT
    return parsed.verdict or Verdict.MALFORMED


VERIFIERS: Mapping[str, Callable[[Any, str], Verdict]] = {
    "countdown": verify_countdown,
    "arithmetic": verify_arithmetic,
    "math": verify_maths,
    "code": verify_code,
    "format": verify_format,
    "words": verify_words,
}
READ_THE_QUESTION: Mapping[str, Callable[[Any, str, str | None], Verdict]] = {"math": verify_maths}
"""Verifiers that judge more strictly where they know what was asked."""


def verify(task: str, gold: Any, completion: str, question: Any = None) -> Verdict:
    r"""Judge a whole completion by the verifier of that name.

    A question isn't needed. Where it is known, a verifier that reads it pays no copy of it.

    >>> verify("arithmetic", 23, "<answer> 23 </answer>")
    <Verdict.CORRECT: 'CORRECT'>
    >>> verify("math", "2x", r"<answer> 2\sqrt{x}\sqrt{x} </answer>")
    <Verdict.CORRECT: 'CORRECT'>
    >>> asked = r"Simplify $\sqrt{x} \cdot 2\sqrt{x}$."
    >>> verify("math", "2x", r"<answer> 2\sqrt{x}\sqrt{x} </answer>", asked)
    <Verdict.WRONG: 'WRONG'>
    """
    judge = look_up(VERIFIERS, task)
    if question is None or task not in READ_THE_QUESTION:
        return judge(gold, completion)
    require_gold(isinstance(question, str), "question", question, "give a text, or leave it out")
    return READ_THE_QUESTION[task](gold, completion, question)


def look_up(table: Mapping[str, _Entry], name: str, field: str = "task") -> _Entry:
    """The entry of that name, or a ValueError with the nearest names.

    >>> look_up(VERIFIERS, "countdwn")
    Traceback (most recent call last):
    ValueError: task = 'countdwn' can't be used: did you mean 'countdown'? ...
    """
    if name in table:
        return table[name]
    near = [repr(one) for one in difflib.get_close_matches(name, table)]
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    known = ", ".join(table)
    raise ValueError(f"{field} = {reprlib.repr(name)} can't be used: {hint}Known: {known}")
