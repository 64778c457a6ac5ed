"""Five sloppy verifiers, to be broken in the exercises of lesson 01. Each has one hole.

Every one of them has been in use somewhere. A policy that is rewarded by such a verifier finds
the hole sooner than its author does.
"""

from __future__ import annotations

import re
from typing import Any

from minir1.tasks.expression import Value, evaluate

ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)


def anywhere(gold: Any, completion: str) -> bool:
    """Right if the target stands anywhere in the text."""
    return str(gold["target"]) in completion.split()


def value_only(gold: Any, completion: str) -> bool:
    """Right if the answer has the right value. Which numbers were given is not asked."""
    answers = ANSWER.findall(completion)
    return len(answers) == 1 and _value(answers[0]) == gold["target"]


def any_answer(gold: Any, completion: str) -> bool:
    """Right if one of the answers is: the right value, from the given numbers."""
    return any(_uses(gold, answer) for answer in ANSWER.findall(completion))


def no_counting(gold: Any, completion: str) -> bool:
    """Right if the value is, and only given numbers were used, however often."""
    answers = ANSWER.findall(completion)
    result = evaluate(answers[0]) if len(answers) == 1 else None
    if not isinstance(result, Value) or result.value != gold["target"]:
        return False
    return set(result.numbers) <= set(gold["numbers"])


def in_the_thinking(gold: Any, completion: str) -> bool:
    """Right if the thinking ends at the target: who got there must have the answer."""
    think = completion.partition("</think>")[0]
    return think.rstrip().endswith(f"= {gold['target']}")


SLOPPY = {
    "anywhere": anywhere,
    "value_only": value_only,
    "any_answer": any_answer,
    "no_counting": no_counting,
    "in_the_thinking": in_the_thinking,
}


def _value(text: str) -> object:
    result = evaluate(text)
    return result.value if isinstance(result, Value) else None


def _uses(gold: Any, text: str) -> bool:
    result = evaluate(text)
    used = isinstance(result, Value) and list(result.numbers) == sorted(gold["numbers"])
    return used and _value(text) == gold["target"]
