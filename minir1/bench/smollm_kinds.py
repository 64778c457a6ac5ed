"""Kinds of sums with signs: which questions a phase asks, and which are told apart.

    -7 + 2      sizes are taken from each other: one minus sign
    9 - -2      sizes are added: two

Without a 0, sizes are added if the minus signs of a question are even in number, and else one is
taken from the other. So no single sign says which: the rule is a parity. It is smaller where fewer
signs can be minus: in plain questions the operation alone decides.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Literal

from minir1.bench.smollm_signs import one_way, terms

ASKED = "State the final answer to the following arithmetic problem: {} ="
ALL, OPPOSITE, PLAIN, SECOND = "all", "opposite", "plain", "second"
Kind = Literal["all", "opposite", "plain", "second"]
APART: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "plain": (("a + b",), ("a - b",)),
    "second negative": (("a - -b",), ("a + -b",)),
    "first negative": (("-a - b", "-a + -b"), ("-a + b", "-a - -b")),
}
"""Forms to be told apart: where sizes are added, and where they are not."""


def questions() -> list[str]:
    """Every question of the family, whoever may be asked it.

    >>> len(questions()), questions()[0].split(": ")[1]
    (722, '-9 + -9 =')
    """
    digits = range(-9, 10)
    return [ASKED.format(f"{a} {sign} {b}") for a in digits for sign in "+-" for b in digits]


def form(question: str) -> str:
    """A question with letters in place of its sizes; "" if one of them is 0.

    >>> form(ASKED.format("-7 - -2")), form(ASKED.format("-7 + 0"))
    ('-a - -b', '')
    """
    if 0 in terms(question):
        return ""
    first, operation, second, _ = question.split(": ")[1].split(" ")
    return f"{first[:-1]}a {operation} {second[:-1]}b"


def asks(kind: str, question: str) -> bool:
    """Whether a phase of this kind asks a question.

    Opposite ways; plain: no number is negative; second: the second number may be.

    >>> [kind for kind in (OPPOSITE, PLAIN, SECOND) if asks(kind, ASKED.format("9 - -2"))]
    ['second']
    """
    if kind == OPPOSITE:
        return not one_way(question)
    first, _, second, _ = question.split(": ")[1].split(" ")
    return first[0] != "-" and (kind == SECOND or second[0] != "-")


def lines(kind: str) -> Iterator[str]:
    """The questions of a phase, as lines of a task's file."""
    for question in questions():
        if asks(kind, question):
            gold = str(sum(terms(question)))
            yield json.dumps({"question": question, "gold": gold, "verifier": "math"})
