r"""One line of a user's file -> a question, its gold, and who judges. Three formats, by fields.

    {"question": ..., "gold": ..., "verifier": "math"}         minir1's own; "solution" may follow
    {"question": ..., "answer": "... #### 18"}                 GSM8K
    {"problem": ..., "solution": "... \boxed{18} ..."}         MATH; "level", "type" may follow

A line of the user's own that can't be used is an error: its author can mend it. A line of the
two public formats whose gold our reader doesn't know is left out and counted: nobody should
have to edit a data set, and a gold that can't be read must pay nobody.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from minir1.tasks.code.verify import require_code_gold
from minir1.tasks.sources.judge import VERIFIERS
from minir1.tasks.verifiers import look_up, verify

_BOX = re.compile(r"\\(?:boxed|fbox)(?![A-Za-z])\s*")

FORMATS = (
    'give {"question", "gold", "verifier"}, or GSM8K\'s {"question", "answer"}, '
    'or MATH\'s {"problem", "solution"}'
)


@dataclass(frozen=True, slots=True)
class Row:
    """One problem of a file."""

    question: str
    gold: Any
    verifier: str
    solution: str = ""
    """One right answer, where the file has it."""


class Unreadable(ValueError):
    """A public data set's gold that our verifier can't read: the row is left out."""


def read_line(line: bytes) -> Row:
    """The problem on a line, or a ValueError with cause and cure.

    >>> read_line(b'{"question": "2+2?", "answer": "It is 4. #### 4"}')
    Row(question='2+2?', gold='4', verifier='math', solution='4')
    """
    record = _object(line)
    if "gold" in record:
        return own(record)
    if "problem" in record:  # some copies of MATH bring an "answer" as well
        return hendrycks(record)
    if "answer" in record:
        return gsm8k(record)
    raise ValueError(f'the field "gold" is missing: {FORMATS}')


def own(record: dict[str, Any]) -> Row:
    """A line in minir1's own format."""
    question, verifier = _text(record, "question"), _text(record, "verifier")
    look_up(VERIFIERS, verifier, "verifier")
    gold = record["gold"]
    if verifier == "code":
        require_code_gold(gold)
        solution = record.get("solution", "")
    else:
        verify(verifier, gold, "", question)  # raises for a gold that can't judge
        solution = record.get("solution", gold if isinstance(gold, str | int) else "")
    return Row(question, gold, verifier, str(solution))


def gsm8k(record: dict[str, Any]) -> Row:
    """A line of GSM8K: the answer stands after four number signs."""
    question, answer = _text(record, "question"), _text(record, "answer")
    _, sign, gold = answer.rpartition("####")
    if not sign:
        raise ValueError('the field "answer" has no "#### ", which must stand before the result')
    return _public(question, gold.strip())


def hendrycks(record: dict[str, Any]) -> Row:
    """A line of MATH: the answer is the solution's last box."""
    problem, solution = _text(record, "problem"), _text(record, "solution")
    gold = last_box(solution)
    if gold is None:
        raise ValueError(r'the field "solution" has no \boxed{...}, which must hold the result')
    return _public(problem, gold)


def last_box(text: str) -> str | None:
    r"""What the last \boxed{...} holds; None where there is none, or it isn't closed.

    >>> last_box(r"so \boxed{\frac{1}{2}}."), last_box(r"so $\boxed 2$.")
    ('\\frac{1}{2}', '2')
    """
    boxes = [*_BOX.finditer(text)]
    if not boxes:
        return None
    start = boxes[-1].end()
    if text[start : start + 1] != "{":  # a few rows of MATH write \boxed 2
        return text[start:].partition("$")[0].strip() or None
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return text[start + 1 : place]
    return None


def _public(question: str, gold: str) -> Row:
    try:
        verify("math", gold, "", question)
    except ValueError as error:
        raise Unreadable(str(error)) from None
    return Row(question, gold, "math", gold)


def _object(line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line.decode("utf-8-sig"), parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 ({error.reason}): save the file as UTF-8") from None
    except RecursionError:
        raise ValueError("nested too deeply: give one flat JSON object a line") from None
    except ValueError as error:
        raise ValueError(f"not JSON ({error}): give one JSON object a line") from None
    if not isinstance(record, dict):
        raise ValueError(f"the line is of type {type(record).__name__}: give one JSON object")
    return record


def _text(record: dict[str, Any], field: str) -> str:
    if field not in record:
        raise ValueError(f'the field "{field}" is missing: {FORMATS}')
    value = record[field]
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f'the field "{field}" is {value!r:.40}: give a text that is not empty')
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
