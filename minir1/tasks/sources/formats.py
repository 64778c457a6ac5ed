r"""One line of a user's file -> a question, its gold, and who judges.

    {"question": ..., "gold": ..., "verifier": "math"}         minir1's own; "solution" may follow
    {"question": ..., "answer": "... #### 18"}                 GSM8K
    {"problem": ..., "solution": "... \boxed{18} ..."}         MATH; "level", "type" may follow
    {"problem": ..., "answer": 18}                             AIME, AMC, MATH-500, Big-Math

The last three are one rule for public data sets: the question is called question, problem or
prompt, the result stands in answer, or else in solution: after ####, in the last box, or alone.

A line of the user's own that can't be used is an error: its author can mend it. A public line
whose gold our reader doesn't know is left out and counted: nobody should have to edit a data
set, and a gold that can't be read must pay nobody.
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

QUESTIONS, RESULTS = ("question", "problem", "prompt"), ("answer", "solution")
"""What public data sets call the two; the first with a value counts."""
FORMATS = (
    'give {"question", "gold", "verifier"}, or a public data set\'s '
    '{"question" or "problem", "answer" or "solution"}'
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
    record = json_object(line)
    return own(record) if "gold" in record else public(record)


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


def public(record: dict[str, Any]) -> Row:
    """A line of a public data set, judged by the maths verifier."""
    for field in ("choices", "options"):
        if record.get(field):
            cure = 'write them into the question, and the right one into "answer"'
            raise ValueError(f'the field "{field}" holds answers to choose from: {cure}')
    question = _text(record, _first(record, QUESTIONS))
    field = _first(record, RESULTS)
    if type(record[field]) in (int, float):  # AMC's copies write 142.0
        record = record | {field: f"{record[field]}".removesuffix(".0")}
    text = _text(record, field)
    gold = result(text)
    if field == "solution" and gold == text.strip() and " " in gold:
        raise Unreadable(r'the field "solution" has no \boxed{...}, which must hold the result')
    try:
        verify("math", gold, "", question)
    except ValueError as error:
        raise Unreadable(str(error)) from None
    return Row(question, gold, "math", gold)


def result(text: str) -> str:
    r"""The result at the end of a worked solution, or the text itself, if it is nothing else.

    >>> result("It is 4. #### 4"), result(r"so $\boxed{4}$."), result("4")
    ('4', '4', '4')
    """
    _, sign, marked = text.rpartition("####")
    return (marked if sign else last_box(text) or text).strip()


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


def json_object(line: bytes) -> dict[str, Any]:
    """A line of a user's file as a JSON object; a ValueError names cause and cure."""
    try:
        record = json.loads(line.decode("utf-8-sig"), parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 ({error.reason}): save the file as UTF-8") from None
    except RecursionError:
        raise ValueError("nested too deeply: give one flat JSON object a line") from None
    except ValueError as error:
        raise ValueError(f"not JSON ({error}): give one JSON object a line") from None
    if not isinstance(record, dict):
        found = type(record).__name__
        raise ValueError(f"the line is of type {found}: give one JSON object a line")
    return record


def _first(record: dict[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        if record.get(name) not in (None, ""):
            return name
    found = ", ".join(f'"{name}"' for name in record) or "none"
    wanted = " or ".join(f'"{name}"' for name in names)
    raise ValueError(f"no field {wanted} with a value; the line has {found:.120}: {FORMATS}")


def _text(record: dict[str, Any], field: str) -> str:
    if field not in record:
        raise ValueError(f'the field "{field}" is missing: {FORMATS}')
    value = record[field]
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f'the field "{field}" is {value!r:.40}: give a text that is not empty')
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
