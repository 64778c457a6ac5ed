"""Check a gold, the part of a problem that judges its answers.

A broken answer is a verdict, since a model wrote it. A broken gold is an error, since a
person or a program of ours wrote it, and a verifier that goes on would pay for nothing:
graders have been seen that pay 1.0 to every answer when the gold can't be read.
"""

from __future__ import annotations

import reprlib

from minir1.tasks.expression import MAX_DIGITS


def require_gold(ok: bool, field: str, value: object, cure: str) -> None:
    """Raise the one kind of error that a broken gold causes.

    >>> require_gold(False, "gold.target", "ten", "give one integer")
    Traceback (most recent call last):
    ValueError: gold.target = 'ten' can't be used: give one integer
    """
    if not ok:
        raise ValueError(f"{field} = {reprlib.repr(value)} can't be used: {cure}")


def is_integer(value: object, low: int = 1 - 10**MAX_DIGITS) -> bool:
    """An integer from `low` that the evaluator can read; True and 1.0 are none.

    >>> is_integer(7), is_integer(True), is_integer(-1, low=0)
    (True, False, False)
    """
    # `type() is int` and not isinstance: True is an int too.
    return type(value) is int and low <= value < 10**MAX_DIGITS
