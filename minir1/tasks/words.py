"""Text answers: right when they are the gold, letter by letter.

    gold: olleh     answer: olleh     ->     CORRECT          answer: Olleh     ->     WRONG

For answers that are words or codes. Runs of whitespace count as one space; nothing else is
forgiven, because every kindness (letter case, a substring, a distance) is a way to be paid for
something else. Graders have been seen that pay for the gold anywhere in the answer.
"""

from __future__ import annotations

from typing import Any

from minir1.tasks.base import Verdict
from minir1.tasks.completion import parse
from minir1.tasks.gold import require_gold

MAX_ANSWER = 2000
"""Characters of an answer."""


def verify_words(gold: Any, completion: str) -> Verdict:
    """Judge a whole completion against `gold`, a text.

    >>> verify_words("olleh", "<answer> olleh </answer>")
    <Verdict.CORRECT: 'CORRECT'>
    >>> verify_words("olleh", "<answer> it is olleh </answer>")
    <Verdict.WRONG: 'WRONG'>
    """
    readable = isinstance(gold, str) and bool(gold.strip()) and len(gold) <= MAX_ANSWER
    require_gold(readable, "gold", gold, f"give a text of 1 to {MAX_ANSWER} characters")
    parsed = parse(completion, max_answer=MAX_ANSWER)
    if parsed.answer is None:
        return parsed.verdict or Verdict.MALFORMED
    return Verdict.CORRECT if parsed.answer.split() == gold.split() else Verdict.WRONG
