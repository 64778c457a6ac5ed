"""Evaluate arithmetic exactly, and never run it: text -> `Value` or `Fault`.

`eval` on model text is the classic hole of a Countdown grader. Even behind a filter for
digits and operators, `44**95**83` hangs the trainer and `7//2` passes as a division. Here
Python's parser only reads the text into a syntax tree; a whitelist then walks the tree:
integers, `+ - * /`, unary minus and parentheses. Nothing else has a meaning.

Every limit is checked before the work that it bounds. The one on length does most: without
powers, 200 characters can't name a value of more than 200 digits, nor a tree of more than
200 levels, so nothing later needs a guard of its own.

Values are exact: integers where they can be, otherwise `fractions.Fraction`. No float, no
rounding, no tolerance.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from fractions import Fraction

from minir1.tasks.base import Verdict

MAX_LENGTH = 200
"""Characters, spaces around the expression not counted."""
MAX_DIGITS = 12
"""Digits of one number."""
MAX_DEPTH = 32
"""Parentheses inside parentheses."""

Number = int | Fraction

_ALLOWED = re.compile(r"[0-9+\-*/() ]+")
_LONG_NUMBER = re.compile(rf"[0-9]{{{MAX_DIGITS + 1}}}")
_LEADING_ZERO = re.compile(r"(?<![0-9])0[0-9]")
_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}


@dataclass(frozen=True, slots=True)
class Value:
    """What an expression is worth, and what it is made of."""

    value: Number
    numbers: tuple[int, ...]
    """The numbers written in it, sorted: a multiset."""
    ops: frozenset[str]
    """The operators used, out of "+-*/"; a unary minus counts as "-"."""
    intermediates: tuple[Number, ...]
    """The result of each operation in order; the last one is the value."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a text has no value."""

    verdict: Verdict
    reason: str


class _Refused(Exception):
    """Carries a fault out of the walk; it never leaves this file."""

    def __init__(self, verdict: Verdict, reason: str) -> None:
        super().__init__(reason)
        self.fault = Fault(verdict, reason)


def evaluate(text: str) -> Value | Fault:
    """The exact value of an arithmetic expression. Any text at all returns, none raises.

    >>> evaluate("(10 + 5) / 2")
    Value(value=Fraction(15, 2), numbers=(2, 5, 10), ops=frozenset({...}), intermediates=(15, ...
    >>> evaluate("2 ** 9").reason
    'only + - * / are operators'
    """
    try:
        return _evaluate(text.strip(" "))
    except _Refused as refused:
        return refused.fault


def stays_in_range(value: Value, max_value: int) -> bool:
    """Whether every operation gave an integer in 0..max_value.

    >>> stays_in_range(evaluate("7 - 9 + 5"), 99)
    False
    """
    return all(v.denominator == 1 and 0 <= v <= max_value for v in value.intermediates)


def _evaluate(text: str) -> Value:
    if len(text) > MAX_LENGTH:
        raise _Refused(Verdict.TOO_LARGE, "the expression is too long")
    if not _ALLOWED.fullmatch(text):
        raise _Refused(Verdict.MALFORMED, "only 0-9 + - * / ( ) and space may be used")
    if _LONG_NUMBER.search(text):
        raise _Refused(Verdict.TOO_LARGE, "a number has too many digits")
    if _LEADING_ZERO.search(text):
        raise _Refused(Verdict.MALFORMED, "a number starts with 0")
    if _depth(text) > MAX_DEPTH:
        raise _Refused(Verdict.TOO_LARGE, "too many nested parentheses")
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        raise _Refused(Verdict.MALFORMED, "this is no expression") from None
    walk = _Walk()
    value = walk.visit(tree.body)
    return Value(value, tuple(sorted(walk.numbers)), frozenset(walk.ops), tuple(walk.results))


def _depth(text: str) -> int:
    """The deepest nesting of parentheses."""
    depth = deepest = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    return deepest


@dataclass(slots=True)
class _Walk:
    """One walk over a syntax tree, from the leaves up."""

    numbers: list[int] = field(default_factory=list)
    ops: list[str] = field(default_factory=list)
    results: list[Number] = field(default_factory=list)

    def visit(self, node: ast.expr) -> Number:
        match node:
            # `type() is int` and not isinstance: True is an int too.
            case ast.Constant(value=number) if type(number) is int:
                self.numbers.append(number)
                return number
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.record("-", -self.visit(operand))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                symbol = _OPERATORS[type(op)]
                a, b = self.visit(left), self.visit(right)
                return self.record(symbol, _apply(symbol, a, b))
            case ast.BinOp():
                raise _Refused(Verdict.MALFORMED, "only + - * / are operators")
            case _:
                raise _Refused(Verdict.MALFORMED, "this is no arithmetic")

    def record(self, symbol: str, result: Number) -> Number:
        if result.denominator == 1:
            result = int(result)  # 1/3 * 3 is the integer 1
        self.ops.append(symbol)
        self.results.append(result)
        return result


def _apply(symbol: str, a: Number, b: Number) -> Number:
    """One exact operation."""
    if symbol == "+":
        return a + b
    if symbol == "-":
        return a - b
    if symbol == "*":
        return a * b
    if b == 0:
        raise _Refused(Verdict.WRONG, "division by zero")
    return Fraction(a) / b
