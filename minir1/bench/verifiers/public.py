"""Public graders behind one face: a pair (gold, answer) in, whether it pays out.

Only a worker process imports this file's graders, so each is imported where it is used, and
this file imports nothing of the project: a worker that was killed must start again quickly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Handler = Callable[[Any], Any]


def math_verify() -> Handler:
    """Math-Verify 0.9, as its README shows it."""
    from math_verify import parse, verify

    def grade(request: list[str]) -> bool:
        gold, answer = request
        return bool(verify(parse(f"${gold}$"), parse(answer)))

    return grade


def trl() -> Handler:
    """TRL's accuracy_reward: math-verify with other settings."""
    from trl.rewards.accuracy_rewards import accuracy_reward

    def grade(request: list[str]) -> bool:
        gold, answer = request
        message = [[{"role": "assistant", "content": answer}]]
        return accuracy_reward(message, [f"${gold}$"])[0] == 1.0

    return grade


def mathruler() -> Handler:
    """mathruler's grade_answer, after its own extraction of the box."""
    from mathruler.grader import extract_boxed_content, grade_answer

    def grade(request: list[str]) -> bool:
        gold, answer = request
        boxed = extract_boxed_content(answer)
        return bool(grade_answer(answer.strip() if boxed == "None" else boxed, gold))

    return grade
