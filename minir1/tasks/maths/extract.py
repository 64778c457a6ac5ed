r"""The final answer in an answer part: the text in its box, or else the whole part.

    The area is $2 \cdot 3$, so \boxed{6}.   ->   6

Policies, since a policy model finds every gap:

- One answer. Several boxes that differ are a list of guesses and unreadable; the same box twice
  is one answer. A box in a box, a box that isn't closed or stands behind a comment sign has no
  fallback to an earlier one.
- With a box, the words around it don't count. Without one, the whole part must be the answer:
  "6", "$6$", "x = 6", "the answer is 6", "#### 6". A number is never searched for in a sentence.
"""

from __future__ import annotations

import re

from minir1.tasks.base import Verdict
from minir1.tasks.maths.tree import Refused

MAX_ANSWER = 1000
"""Characters of an answer part."""
MAX_TEXT = 600
"""Characters of the final answer in it."""

_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{")
_LEAD = re.compile(r"(?:####|=|(?:the )?(?:final )?answer(?: is|:| =)\s*:?)\s*", re.IGNORECASE)
_WRAPPERS = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**"))


def final_answer(part: str) -> str:
    r"""The text to be read as maths, or Refused.

    >>> final_answer(r"so it is $\boxed{\frac{1}{2}}$.")
    '\\frac{1}{2}'
    >>> final_answer("The answer is $6$.")
    '6'
    """
    text = _boxed(part) if _BOX.search(part) or r"\boxed" in part else _plain(part)
    if not text:
        raise Refused(Verdict.NO_ANSWER, "the answer is empty")
    if len(text) > MAX_TEXT:
        raise Refused(Verdict.TOO_LARGE, "the answer is too long")
    return text


def _boxed(part: str) -> str:
    found = []
    place = 0
    while match := _BOX.search(part, place):
        line = part[part.rfind("\n", 0, match.start()) + 1 : match.start()]
        if re.search(r"(?<!\\)%", line):
            raise Refused(Verdict.MALFORMED, "a box behind a comment sign")
        place = _closing(part, match.end())
        found.append(part[match.end() : place].strip())
    if not found or part.count(r"\boxed") + part.count(r"\fbox") != len(found):
        raise Refused(Verdict.MALFORMED, "a box in a box, or one without braces")
    if len(set(found)) > 1:
        raise Refused(Verdict.MALFORMED, "several boxes that differ")
    return _unwrap(found[0])


def _closing(part: str, start: int) -> int:
    """Where the brace that was opened before `start` closes."""
    depth = 1
    for place in range(start, len(part)):
        if part[place] in "{}" and part[place - 1] != "\\":
            depth += 1 if part[place] == "{" else -1
        if depth == 0:
            return place
    raise Refused(Verdict.MALFORMED, "a box that isn't closed")


def _plain(part: str) -> str:
    text = part.strip()
    if lead := _LEAD.match(text):
        text = text[lead.end() :]
    return _unwrap(text)


def _unwrap(text: str) -> str:
    """Without the signs that set maths apart from words, and without a full stop."""
    for _ in range(4):
        before = text
        text = text.strip().removesuffix("." if not text.endswith("..") else "")
        for opening, closing in _WRAPPERS:
            inside = text[len(opening) : len(text) - len(closing)]
            wrapped = text.startswith(opening) and text.endswith(closing)
            if wrapped and len(text) > len(opening + closing) and opening not in inside:
                text = inside
        if text == before:
            break
    return text.strip()
