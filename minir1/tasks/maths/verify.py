r"""Judge a maths answer: completion -> answer part -> text -> tree -> verdict.

    gold: \frac{1}{2}     completion: <answer> \boxed{0.5} </answer>     ->     CORRECT

Every stage is bounded before the next begins: characters, tokens, levels, digits. Only what
passes all of them and has no exact form is sent to a worker process, under the parent's clock.
No text is ever evaluated, at any stage.
"""

from __future__ import annotations

import functools
import os
import re
from typing import Any

from minir1.tasks.base import Verdict
from minir1.tasks.completion import parse
from minir1.tasks.gold import require_gold
from minir1.tasks.maths.equal import Comparison
from minir1.tasks.maths.extract import MAX_ANSWER, final_answer
from minir1.tasks.maths.finished import is_finished
from minir1.tasks.maths.parser import Answer, read
from minir1.tasks.maths.shapes import shaped
from minir1.tasks.maths.size import check
from minir1.tasks.maths.tree import Node, Op, Refused, to_json
from minir1.tasks.pool import Budget, Died, Late, Pool

_PERCENT = re.compile(r"\b(?:what|which|as a|find the) percent", re.IGNORECASE)
"""A question that asks for a percentage; one that only speaks of them doesn't match."""

_PADDED = re.compile(r"0[0-9]{2}")
"""AIME writes 33 as 033. Where the gold does, so may the answer; elsewhere no number does."""


def verify_maths(gold: Any, completion: str, question: str | None = None) -> Verdict:
    r"""Judge a whole completion against `gold`, a text in LaTeX or plain.

    A `question`, where there is one, shows which answers are echoes, and whether it asks for a
    percentage or a factored form.

    >>> verify_maths(r"\frac{1}{2}", r"<answer> \boxed{0.5} </answer>")
    <Verdict.CORRECT: 'CORRECT'>
    >>> verify_maths("9", "<answer> 2^3 + 1 </answer>")
    <Verdict.WRONG: 'WRONG'>
    """
    right, padded = _read_gold(gold), isinstance(gold, str) and bool(_PADDED.fullmatch(gold))
    parsed = parse(completion, max_answer=MAX_ANSWER)
    if parsed.answer is None:
        return parsed.verdict or Verdict.MALFORMED
    try:
        answer = _read(parsed.answer, padded)
        return Verdict.CORRECT if _is_right(right, answer, question) else Verdict.WRONG
    except Refused as refused:
        return refused.verdict
    except Died as died:
        return Verdict.TOO_LARGE if died.out_of_memory else Verdict.TIMEOUT
    except Late:
        return Verdict.TIMEOUT


def _read_gold(gold: Any) -> Answer:
    cure = "give one answer as LaTeX or plain text that the reader understands"
    require_gold(isinstance(gold, str), "gold", gold, cure)
    try:
        return _read(gold, padded=True)
    except Refused as refused:
        require_gold(False, "gold", gold, f"{cure} ({refused})")
        raise AssertionError("unreachable") from None


@functools.lru_cache(maxsize=256)
def _read(text: str, padded: bool = False) -> Answer:
    # Cached, because the answers of a group share a gold. Trees are frozen, so none can change.
    final = final_answer(text)
    if padded and _PADDED.fullmatch(final):
        final = final.lstrip("0") or "0"
    answer = read(final)
    check(answer.tree)
    return answer


def _is_right(gold: Answer, answer: Answer, question: str | None) -> bool:
    if gold.unit and answer.unit and gold.unit != answer.unit:
        return False
    a, b = gold.tree, answer.tree
    if question and _PERCENT.search(question):
        a, b = _without_percent(a, b)
    if not is_finished(shaped(a)[1], shaped(b)[1], question):
        return False
    budget = Budget()
    return Comparison(lambda x, y: _ask(x, y, budget)).answers(a, b)


def _without_percent(a: Node, b: Node) -> tuple[Node, Node]:
    """Where the question asks for a percentage, one of the two may leave the sign out."""
    signs = [isinstance(tree, Op) and tree.op == "percent" for tree in (a, b)]
    if signs[0] == signs[1]:
        return a, b
    inner = [tree.args[0] if isinstance(tree, Op) and sign else tree
             for tree, sign in zip((a, b), signs, strict=True)]  # fmt: skip
    return inner[0], inner[1]


def _ask(a: Node, b: Node, budget: Budget) -> bool:
    reply = workers().call([to_json(a), to_json(b)], budget)
    assert isinstance(reply, bool)
    return reply


def workers() -> Pool:
    """This process's pool. A process that was forked makes its own: pipes can't be shared."""
    return _workers(os.getpid())


@functools.cache
def _workers(pid: int) -> Pool:
    import atexit

    pool = Pool("minir1.tasks.maths.symbolic:start")
    atexit.register(pool.close)
    return pool
