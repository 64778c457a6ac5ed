r"""The last resort, in a worker: are two expressions with functions in them equal?

    sin(x)^2   and   (1 - cos(2*x))/2

sympy objects are made by their constructors, from a tree whose size was checked: no text ever
reaches `sympify` or `parse_expr`, which end in `eval`. First an exact proof is tried (the
difference vanishes). Only where there is none do numbers decide, at several points, with far
more digits than the two answers themselves have: 10^-99 and 10^-98 are not equal here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minir1.tasks.maths.size import check
from minir1.tasks.maths.tree import Name, Node, Num, Op, from_json, variables, walk

POINTS = (("7390851332", "10000000000"), ("-4669201609", "3000000000"), ("2502907875", "900000000"))
"""Where variables are tried: two positive values and a negative one; nothing special there."""
GUARD_DIGITS = 40


def start() -> Callable[[Any], bool]:
    """The pool's target. The slow import is done before a worker's first clock runs."""
    import sympy

    assert sympy.expand(sympy.sin(1).evalf()) > 0
    return lambda request: equal(*map(from_json, request))


def equal(a: Node, b: Node) -> bool:
    """Whether two expressions agree as functions of their variables."""
    import sympy

    left, right = to_sympy(a), to_sympy(b)
    undefined = (sympy.nan, sympy.zoo, sympy.oo, -sympy.oo)
    if any(expression.has(*undefined) for expression in (left, right)):
        return False
    difference = left - right
    if difference == 0 or sympy.expand(difference) == 0:
        return True
    names = sorted(variables(a) | variables(b))
    digits = int(GUARD_DIGITS + 2 * (check(a) + check(b)))
    points = POINTS if names else POINTS[:1]
    seen = 0
    for shift, (top, bottom) in enumerate(points):
        # Each variable has a value of its own at each point.
        values = {
            sympy.Symbol(name): sympy.Rational(int(top) * (k + 1) + k + shift, int(bottom))
            for k, name in enumerate(names)
        }
        x, y = (number.subs(values).evalf(digits, maxn=20 * digits) for number in (left, right))
        if not all(value.is_number and value.is_finite for value in (x, y)):
            if x.has(*undefined) != y.has(*undefined):
                return False
            continue
        scale = max(1, abs(x), abs(y))
        if not abs(x - y) <= scale * sympy.Float(10, digits) ** -(digits - GUARD_DIGITS // 2):
            return False
        seen += 1
    return seen >= min(2, len(points))


def to_sympy(tree: Node) -> Any:
    """A tree as a sympy object."""
    import sympy

    match tree:
        case Num(value):
            return sympy.Rational(value.numerator, value.denominator)
        case Name(name):
            constants = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I}
            return constants[name] if name in constants else sympy.Symbol(name)
        case Op(op, args):
            return _apply(op, [to_sympy(arg) for arg in args])


def _apply(op: str, args: list[Any]) -> Any:
    import sympy

    match op:
        case "neg":
            return -args[0]
        case "+":
            return sympy.Add(*args)
        case "*":
            return sympy.Mul(*args)
        case "/":
            return args[0] / args[1]
        case "^":
            return sympy.Pow(*args)
        case "root":
            inside, index = args
            if index.is_odd and inside.is_negative:
                return -sympy.root(-inside, index)
            return sympy.root(inside, index)
        case "percent":
            return args[0] / 100
        case "degree":
            return args[0] * sympy.pi / 180
        case "!":
            return sympy.factorial(args[0])
        case "ln":
            return sympy.log(args[0])
        case "log":
            return sympy.log(args[0]) / sympy.log(args[1])
        case "abs":
            return sympy.Abs(args[0])
        case _:
            names = {name[0] + name[3:]: name for name in ("arcsin", "arccos", "arctan")}
            own = {long: short for short, long in names.items()}
            return getattr(sympy, {"binom": "binomial", **own}.get(op, op))(*args)


def is_askable(tree: Node) -> bool:
    """Whether every operation in a tree is one that `to_sympy` knows."""
    return all(node.op in KNOWN for node in walk(tree) if isinstance(node, Op))


KNOWN = frozenset(
    """neg + * / ^ root percent degree ! ln log abs binom sin cos tan cot sec csc arcsin arccos
    arctan sinh cosh tanh""".split()  # noqa: SIM905
)
