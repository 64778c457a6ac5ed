r"""Exact values: a tree -> a ratio of two polynomials with a normal form.

    1/(sqrt(2) - 1)   ->   1 / (2^(1/2) - 1)
    a/b = c/d  <=>  a*d = c*b                       compared term by term, no float anywhere

Numerator and denominator are polynomials in normal form (poly.py). That decides nearly every
answer people write, without any library. What has no such form (a sine, x in an exponent) is
`Undecided`, and others must decide.
"""

from __future__ import annotations

from fractions import Fraction

from minir1.tasks.base import Verdict
from minir1.tasks.maths.poly import ONE, Poly, Undecided, constant, multiply, raise_to
from minir1.tasks.maths.tree import Name, Node, Num, Op, Refused


def equal(a: Node, b: Node) -> bool:
    """Whether two trees have the same exact value; Undecided where that can't be told.

    >>> from minir1.tasks.maths.parser import read
    >>> equal(read("1/(sqrt(2)-1)").tree, read("1 + sqrt(2)").tree)
    True
    """
    (a_top, a_bottom), (b_top, b_bottom) = ratio(a), ratio(b)
    return multiply(a_top, b_bottom) == multiply(b_top, a_bottom)


def ratio(tree: Node) -> tuple[Poly, Poly]:
    """Numerator and denominator."""
    match tree:
        case Num(value):
            return constant(value), constant(1)
        case Name(name):
            return {((name, Fraction(1)),): Fraction(1)}, constant(1)
        case Op("neg", (inside,)):
            top, bottom = ratio(inside)
            return {monomial: -c for monomial, c in top.items()}, bottom
        case Op("+", args):
            total = ratio(args[0])
            for arg in args[1:]:
                total = _add(total, ratio(arg))
            return total
        case Op("*", args):
            top, bottom = constant(1), constant(1)
            for arg in args:
                a, b = ratio(arg)
                top, bottom = multiply(top, a), multiply(bottom, b)
            return top, bottom
        case Op("/", (a, b)):
            (a_top, a_bottom), (b_top, b_bottom) = ratio(a), ratio(b)
            return multiply(a_top, b_bottom), _divisor(multiply(a_bottom, b_top))
        case Op("^", (base, exponent)):
            return _power(ratio(base), _rational(exponent))
        case Op("root", (inside, index)):
            return _root(ratio(inside), _rational(index))
        case Op("percent", (inside,)):
            top, bottom = ratio(inside)
            return multiply(top, constant(Fraction(1, 100))), bottom
        case Op("degree", (inside,)):
            return ratio(Op("*", (inside, Name("pi"), Num(Fraction(1, 180)))))
        case _:
            raise Undecided


def _add(a: tuple[Poly, Poly], b: tuple[Poly, Poly]) -> tuple[Poly, Poly]:
    if a[1] == b[1]:
        left, right, bottom = a[0], b[0], a[1]
    else:
        left, right, bottom = multiply(a[0], b[1]), multiply(b[0], a[1]), multiply(a[1], b[1])
    total = {m: left.get(m, Fraction(0)) + right.get(m, Fraction(0)) for m in {**left, **right}}
    return {monomial: c for monomial, c in total.items() if c}, bottom


def _divisor(poly: Poly) -> Poly:
    if not poly:
        raise Refused(Verdict.WRONG, "division by zero")
    return poly


def _rational(tree: Node) -> Fraction:
    """An exponent as a number; x^(1/2) has one, 2^x has none."""
    top, bottom = ratio(tree)
    if set(top) <= {ONE} and set(bottom) == {ONE}:
        return top.get(ONE, Fraction(0)) / bottom[ONE]
    raise Undecided


def _power(base: tuple[Poly, Poly], power: Fraction) -> tuple[Poly, Poly]:
    top, bottom = base
    if power == 0 and not top:
        raise Refused(Verdict.WRONG, "zero to the power of zero")
    if power < 0:
        top, bottom, power = bottom, _divisor(top), -power
    return raise_to(top, power), raise_to(bottom, power)


def _root(inside: tuple[Poly, Poly], index: Fraction) -> tuple[Poly, Poly]:
    """The real root where there is one: of -8 the cube root is -2; of -4 the square root is 2i."""
    top, bottom = inside
    if index.denominator != 1 or not 2 <= index <= 100:
        raise Undecided
    if len(top) == 1 and len(bottom) == 1 and next(iter(top.values())) < 0 and set(top) == {ONE}:
        turn: Poly = constant(-1)
        if index == 2:
            turn = {(("i", Fraction(1)),): Fraction(1)}
        elif index % 2 == 0:
            raise Undecided
        raised = _power(({ONE: -top[ONE]}, bottom), 1 / index)
        return multiply(turn, raised[0]), raised[1]
    return _power(inside, 1 / index)
