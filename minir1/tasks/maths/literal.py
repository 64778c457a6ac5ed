"""Which expressions are numbers written out: nothing in them is left to do."""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from minir1.tasks.maths.tree import STRUCTURES, Node, Num, Op


def leaves(tree: Node) -> list[Node]:
    """The expressions in a structure; of anything else, itself."""
    if isinstance(tree, Op) and tree.op in STRUCTURES | {"row"}:
        return [leaf for arg in tree.args for leaf in leaves(arg)]
    return [tree]


def is_literal(tree: Node) -> bool:
    """A number written out: nothing in it is left to do.

    >>> from minir1.tasks.maths.parser import read
    >>> [is_literal(read(text).tree) for text in ("-3/4", "6/4", "1+1")]
    [True, False, False]
    """
    match tree:
        case Num():
            return True
        case Op("neg" | "percent", (Num() | Op("/") | Op("percent") as inside,)):
            return is_literal(inside) and not (tree.op == "percent" and inside == tree)
        case Op("/", (Num() as top, Op("neg", (Num(),) as bottom))):
            return is_literal(Op("/", (top, *bottom)))
        case Op("/", (top, Num(bottom))):
            value = top.args[0] if isinstance(top, Op) and top.op == "neg" else top
            if not isinstance(value, Num) or value.value.denominator != 1:
                return False
            whole = bottom.denominator == 1 and bottom > 1
            return whole and gcd(value.value.numerator, bottom.numerator) == 1
    return False


def is_scientific(tree: Node) -> bool:
    """1.5 * 10^n, with an n that nobody writes out."""
    match tree:
        case Op("neg", (inside,)):
            return is_scientific(inside)
        case Op("*", (Num(value), Op("^", (Num(Fraction(numerator=10, denominator=1)), power)))):
            exponent = power.args[0] if isinstance(power, Op) and power.op == "neg" else power
            return 1 <= value < 10 and isinstance(exponent, Num) and exponent.value > 3
    return False


def is_integer(tree: Node) -> bool:
    inside = tree.args[0] if isinstance(tree, Op) and tree.op == "neg" else tree
    return isinstance(inside, Num) and inside.value.denominator == 1
