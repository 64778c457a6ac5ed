r"""What an answer says: two spellings of one answer are one vote.

    countdown    ( 10 + 5 ) * 1    10 + 5           the value               "15"
    math         0.5    \frac{1}{2}    x = 1/2      the exact value         "1/2"
    stack        2 * 3 +    1 + 1 * 2 * 3 + 3 -     what it does            its results on 1..9

A majority vote counts answers, so it needs a canonical form, and which form is the task's matter
(R1's cons@64 votes on AIME's integers, the easiest case: arXiv 2501.12948, section 3.1). The form
says nothing about right or wrong, and never looks at the gold: a voter does not have it. An answer
that can't be read has no vote.

In the prompt's journey: after it, where many completions of one prompt become one answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from minir1.tasks.base import Problem
from minir1.tasks.expression import Fault, evaluate
from minir1.tasks.maths.exact import ratio
from minir1.tasks.maths.extract import final_answer
from minir1.tasks.maths.parser import read
from minir1.tasks.maths.poly import ONE, Undecided, multiply
from minir1.tasks.maths.shapes import shaped
from minir1.tasks.maths.size import check
from minir1.tasks.maths.tree import Node, Op, Refused
from minir1.tasks.scenarios.refusal import refuses
from minir1.tasks.scenarios.stack_machine import run


def value_of(answer: str) -> str | None:
    """The value of an expression.

    >>> value_of("( 10 + 5 ) * 1"), value_of("15 / 2"), value_of("9 ** 9")
    ('15', '15/2', None)
    """
    found = evaluate(answer)
    return None if isinstance(found, Fault) else str(found.value)


def maths_value(answer: str) -> str | None:
    r"""The one shape of a maths answer: numbers by their value, sets without an order.

    >>> maths_value(r"\boxed{\frac{1}{2}}"), maths_value("x = 0.5"), maths_value("{2, 1}")
    ('1/2', '1/2', 'set(1, 2)')
    """
    try:
        tree = read(final_answer(answer)).tree
        check(tree)
        return _written(shaped(tree)[1])
    except Refused:
        return None


def _written(tree: Node) -> str:
    """A tree as text. What has no exact form is written as it was read; 1/0 has no value at all."""
    try:
        top, bottom = ratio(tree)
        if len(bottom) == 1:
            (below, factor), *_ = bottom.items()
            inverse = {tuple((atom, -power) for atom, power in below): 1 / factor}
            terms = multiply(top, inverse)
            number = terms.get(ONE, 0) if set(terms) <= {ONE} else None
            return str(sorted(terms.items()) if number is None else number)
    except Undecided:
        pass
    if not isinstance(tree, Op):
        return repr(tree)
    parts = [_written(part) for part in tree.args]
    inside = sorted(parts) if tree.op in ("set", "union") else parts
    return f"{tree.op}({', '.join(inside)})"


def behaviour(program: str) -> str | None:
    """What a program of the stack machine does with the inputs 1 to 9.

    >>> behaviour("2 *") == behaviour("dup +"), behaviour("+")
    (True, None)
    """
    results = [run(program, x) for x in range(1, 10)]
    return None if all(result is None for result in results) else str(results)


def words(answer: str) -> str:
    """The words, whatever stands between them."""
    return " ".join(answer.split())


FORMS: Mapping[str, Callable[[str], str | None]] = {
    "countdown": value_of,
    "bilingual": value_of,
    "arithmetic": words,
    "math": maths_value,
    "words": words,
    "code": words,
    "stack": behaviour,
    "refusal": lambda answer: str(refuses(answer)),
    "manners": words,
}
"""By the name of the task, or of the verifier that a problem's gold names."""


def kind_of(problem: Problem) -> str:
    """Who judges a problem: a mixture and a file say it in the gold."""
    gold: Any = problem.gold if isinstance(problem.gold, dict) else {}
    return gold.get("task") or gold.get("verifier") or problem.task


def vote_of(problem: Problem, answer: str | None) -> str | None:
    """What an answer to this problem says; None if it has no vote.

    >>> vote_of(Problem("countdown", "make 15 from 10 5 1", {}, ""), "10 + 5 * 1")
    '15'
    """
    return None if answer is None else FORMS.get(kind_of(problem), words)(answer)
