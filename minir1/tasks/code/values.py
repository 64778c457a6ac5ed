"""Read the child's lines strictly, and compare type and value.

    same(1, 1) yes    same(1, 1.0) no    same(1, True) no    same([1, 2], [2, 1]) no

JSON as Python reads it has gaps: `NaN`, `Infinity`, a key given twice, a number as long as the
text. Each is refused here. What comes out are plain values, so no method of the program's is
ever called: an object that says "equal" to everything has no way to get here.
"""

from __future__ import annotations

import json
import math
from fractions import Fraction
from typing import Any


def decode(line: bytes) -> Any:
    """The value on a line; ValueError for anything but strict JSON.

    >>> decode(b'[1, 2.5, true]')
    [1, 2.5, True]
    >>> decode(b'NaN')
    Traceback (most recent call last):
    ValueError: NaN is no number of JSON
    """
    try:
        return json.loads(
            line.decode("utf-8"),
            parse_constant=_refuse,
            parse_float=_finite,
            object_pairs_hook=_unique,
        )
    except RecursionError:
        raise ValueError("nested too deep") from None


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is no number of JSON")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def same(expected: Any, value: Any, tolerance: float = 0.0) -> bool:
    """Whether two plain values agree, in type and in value, at every depth.

    A tolerance, where the gold states one, is relative, and then 1.0 agrees with 1. True and
    1 never do.

    >>> same([1, {"a": "x"}], [1, {"a": "x"}]), same(1, True), same(1, 1.0), same(1, 1.0, 1e-9)
    (True, False, False, True)
    """
    kinds = type(expected), type(value)
    if tolerance and set(kinds) <= {int, float}:
        return _near(Fraction(expected), Fraction(value), Fraction(tolerance))
    if kinds[0] is not kinds[1]:
        return False
    if kinds[0] is list:
        return len(expected) == len(value) and all(
            same(one, other, tolerance) for one, other in zip(expected, value, strict=True)
        )
    if kinds[0] is dict:
        return expected.keys() == value.keys() and all(
            same(one, value[key], tolerance) for key, one in expected.items()
        )
    return expected == value


def _near(a: Fraction, b: Fraction, tolerance: Fraction) -> bool:
    """Exact, so a huge number can't overflow on its way to a float."""
    return abs(a - b) <= tolerance * max(abs(a), abs(b))
