"""Judge a problem that others wrote: its gold says by which verifier.

    gold   {"verifier": "math", "gold": "18", "question": "..."}

A policy writes a program where others write a number: in the answer part, between backquotes as
people write programs, or bare. `code` wants the program alone, so it is taken out here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from minir1.tasks.base import Verdict
from minir1.tasks.code import verify_code
from minir1.tasks.code.run import Limits
from minir1.tasks.completion import parse
from minir1.tasks.verifiers import verify

VERIFIERS: Mapping[str, str] = {
    "math": "a LaTeX or plain answer",
    "words": "a text, letter by letter",
    "arithmetic": "one integer",
    "countdown": '{"numbers": [...], "target": n}',
    "code": '{"fn": name, "hidden_tests": [[arguments, expected], ...]}',
}
"""Verifiers that a user's file may name, and the golds that they read. `format` is not among
them: it pays every answer, so a policy trained on it alone learns to answer nothing."""

_FENCE = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)\n?```", re.DOTALL)


def judge(gold: Any, completion: str) -> Verdict:
    """The verdict of the verifier that the gold names.

    >>> gold = {"verifier": "math", "gold": "18", "question": "3 * 6?"}
    >>> judge(gold, "<answer> 18 </answer>")
    <Verdict.CORRECT: 'CORRECT'>
    """
    if gold["verifier"] != "code":
        return verify(gold["verifier"], gold["gold"], completion, gold["question"])
    parsed = parse(completion, max_answer=Limits().program_chars)
    if parsed.answer is None:
        return parsed.verdict or Verdict.MALFORMED
    return verify_code(gold["gold"], program_in(parsed.answer))


def program_in(answer: str) -> str:
    """The program in an answer part: what stands between backquotes, or else all of it.

    >>> program_in("```python\\nx = 1\\n```"), program_in("x = 1")
    ('x = 1', 'x = 1')
    """
    fenced = _FENCE.fullmatch(answer)
    return fenced[1] if fenced else answer
