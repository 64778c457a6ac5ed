r"""Is an answer worked out as far as the gold? An echo of the question has its value, and isn't.

    question: compute 2^3 + 1      gold: 9      answer: 2^3 + 1      ->  WRONG

Whatever compares values alone pays for that echo. So the work left in an answer is named, and
an answer may have no kind of work left that the gold hasn't:

- arithmetic: two literal numbers that could be one (2 + 3, 6/4, 2^3, --2, i^2), like terms that
  aren't collected (x + x), a sum with 0, a power of 0 or 1;
- radical: \sqrt{9}, \sqrt{12} for 2\sqrt{3}, \sqrt{2}\sqrt{3} for \sqrt{6};
- division: a quotient by x, when the gold has none (x^2/x for x);
- function: a function of x, when the gold has none (\ln e^x for x);
- expansion: a product or power of sums, (x+1)^2 for x^2 + 2x + 1. The other way round counts
  too, unless a question is given that doesn't ask to factor;
- a function of numbers, by family: \sin 30 for 1/2, \ln 1 for 0, 5! for 120.

When the gold is a literal number the answer must be one: an integer, a decimal, a fraction in
lowest terms, a mixed number, a percentage, or 1.5 * 10^n with |n| > 3. A question, where it is
given, also shows its echoes as they stand (echo.py).
"""

from __future__ import annotations

from fractions import Fraction

from minir1.tasks.maths.echo import is_echo
from minir1.tasks.maths.exact import ratio
from minir1.tasks.maths.literal import is_integer, is_literal, is_scientific, leaves
from minir1.tasks.maths.poly import Undecided
from minir1.tasks.maths.tree import (
    INFINITE,
    Name,
    Node,
    Num,
    Op,
    variables,
)

ZERO, ONE = Num(Fraction(0)), Num(Fraction(1))
FAMILIES = {
    **dict.fromkeys("sin cos tan cot sec csc".split(), "trigonometry"),  # noqa: SIM905
    **dict.fromkeys("arcsin arccos arctan".split(), "inverse trigonometry"),  # noqa: SIM905
    **dict.fromkeys("sinh cosh tanh".split(), "hyperbola"),  # noqa: SIM905
    **dict.fromkeys("ln log".split(), "logarithm"),  # noqa: SIM905
    **{"!": "factorial", "binom": "factorial", "abs": "absolute value"},
}

FREE = frozenset({"abs", "!", "binom"})
"""Functions of a variable that are as finished as a formula without them."""


def is_finished(gold: Node, answer: Node, question: str | None) -> bool:
    """Whether no more work is left in the answer than in the gold."""
    literal = all(is_literal(leaf) or leaf in INFINITE for leaf in leaves(gold))
    if literal and not all(is_literal(leaf) or leaf in INFINITE or is_scientific(leaf)
                           for leaf in leaves(answer)):  # fmt: skip
        return False
    left, allowed = open_work(answer), open_work(gold)
    if left - allowed:
        return False
    asked_to_factor = question is None or "factor" in question.lower()
    if "expansion" in allowed - left and variables(gold) and asked_to_factor:
        return False
    return not question or is_literal(answer) or not is_echo(gold, answer, question)


def open_work(tree: Node) -> frozenset[str]:
    """The kinds of work that are left in a tree."""
    if not isinstance(tree, Op) or is_scientific(tree):
        return frozenset()
    return frozenset(_kinds(tree)).union(*map(open_work, tree.args))


def _kinds(node: Op) -> list[str]:
    found = []
    literals = sum(map(is_literal, node.args))
    match node:
        case Op("+" | "*", args):
            if node.op == "*" and ONE in args and args != (ONE, Name("i")):
                found.append("arithmetic")
            if literals > 1 or (node.op == "+" and (ZERO in args or _has_like_terms(node))):
                found.append("arithmetic")
            if node.op == "*" and sum(map(_is_root, args)) > 1:
                found.append("radical")
            if node.op == "*" and sum(map(_is_sum, args)) > 1:
                found.append("expansion")
        case Op("/") if literals == 2 and not is_literal(node):
            found.append("arithmetic")
        case Op("/", (_, below)) if below == ONE:
            found.append("arithmetic")
        case Op("/", (_, below)) if variables(below) and _is_rational(below):
            found.append("division")
        case Op("^", (base, Op("neg", (power,)))) if variables(base) and is_literal(power):
            found.append("division")
        case Op("neg", (Op("neg"),)):
            found.append("arithmetic")
        case Op("^", (base, exponent)):
            whole = is_integer(exponent)
            if exponent in (ZERO, ONE) or (
                is_literal(exponent) and (base == Name("i") or (whole and is_literal(base)))
            ):
                found.append("arithmetic")
            elif whole and _is_sum(base):
                found.append("expansion")
            elif whole and _is_root(base):
                found.append("radical")
            elif isinstance(base, Num) and not whole and is_literal(exponent):
                found += _radical(base.value, exponent)
        case Op("root", (Num(inside), index)):
            found += _radical(inside, Op("/", (ONE, index)))
        case Op(op, _) if op in FAMILIES:
            free = op not in FREE and variables(node)
            found += ["function"] if free else [FAMILIES[op]] if not variables(node) else []
    return found


def _has_like_terms(tree: Op) -> bool:
    """Whether a sum has fewer terms once it is collected: x + x, x + 1 - x."""
    try:
        top, bottom = ratio(tree)
    except Undecided:
        return False
    return set(bottom) == {()} and len(top) < len(tree.args)


def _is_rational(tree: Node) -> bool:
    try:
        ratio(tree)
    except Undecided:
        return False
    return True


def _is_sum(tree: Node) -> bool:
    match tree:
        case Op("+"):
            return True
        case Op("^", (base, exponent)):
            return _is_sum(base) and is_integer(exponent)
    return False


def _is_root(tree: Node) -> bool:
    return isinstance(tree, Op) and tree.op == "root" and isinstance(tree.args[0], Num)


def _radical(inside: Fraction, power: Node) -> list[str]:
    """Whether a root of a number comes out, in whole or in part."""
    match power:
        case Op("/", (_, Num(index))) if index.denominator == 1 and index <= 100:
            n = int(index)
        case Num(value):
            n = value.denominator
        case _:
            return []
    numbers = (inside.numerator, inside.denominator)
    if inside in (0, 1) or any(
        number % k**n == 0 for number in numbers for k in range(2, 40) if k**n <= number
    ):
        return ["radical"]
    return []
