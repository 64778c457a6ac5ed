r"""How large would the numbers get? Asked of the tree, before anything is computed.

    digits(a * b) <= digits(a) + digits(b)          digits(a ^ n) <= |n| * digits(a)

`digits` bounds, from above, the digits of numerator and denominator of every value in a tree,
and it is cheap: it adds and multiplies a few floats. A tower such as 9^9^9, a factorial of a
million or a power with nine digits in the exponent is turned away here, in microseconds, in the
process that asks; no library that would try to compute it ever sees it.
"""

from __future__ import annotations

import math

from minir1.tasks.base import Verdict
from minir1.tasks.maths.tree import Name, Node, Num, Op, Refused

MAX_DIGITS = 2000
MAX_FACTORIAL = 1000
SMALL = 8.0
"""An exponent of more digits than this needs no closer look."""


def check(tree: Node) -> float:
    """The bound for a whole tree, or Refused.

    >>> from minir1.tasks.maths.parser import read
    >>> check(read("9^9").tree)
    9.0
    >>> check(read("9^9^9").tree)
    Traceback (most recent call last):
    minir1.tasks.maths.tree.Refused: a value of more than 2000 digits
    """
    bound = _digits(tree)
    if bound > MAX_DIGITS:
        raise Refused(Verdict.TOO_LARGE, f"a value of more than {MAX_DIGITS} digits")
    return bound


def _digits(tree: Node) -> float:
    match tree:
        case Num(value):
            return len(str(value.numerator)) + len(str(value.denominator)) - 1.0
        case Name():
            return 1.0
        case Op("^", (base, exponent)):
            return max(1.0, check(base) * _magnitude(exponent))
        case Op("root", (inside, index)):
            return max(check(inside), check(index))
        case Op("!" | "binom" as op, args):
            sizes = [_magnitude(arg) for arg in args]
            if max(sizes) > MAX_FACTORIAL:
                raise Refused(Verdict.TOO_LARGE, f"{op} of more than {MAX_FACTORIAL}")
            return max(1.0, sizes[0] * math.log10(max(sizes[0], 2.0)))
        case Op("sinh" | "cosh" | "tanh", (inside,)):
            return max(1.0, _magnitude(inside))
        case Op(_, args):
            return sum(check(arg) for arg in args) + 1.0


def _magnitude(tree: Node) -> float:
    """A bound on the absolute value: of an exponent, a factorial's argument."""
    match tree:
        case Num(value):
            return abs(float(value)) if check(tree) <= SMALL else 10.0 ** min(check(tree), 300.0)
        case Name("pi" | "e"):
            return 3.2
        case Name():
            return 1.0
        case Op("neg" | "abs" | "root", (inside, *_)):
            return max(1.0, _magnitude(inside))
        case Op("+", args):
            return sum(map(_magnitude, args))
        case Op("*", args):
            return min(math.prod(map(_magnitude, args)), 1e300)
        case Op("/", (top, Num(value))) if value >= 1:
            return _magnitude(top)
        case _:
            return 10.0 ** min(check(tree), 300.0)
