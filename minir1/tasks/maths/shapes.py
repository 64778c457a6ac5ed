r"""One shape for answers that are written in several: equations, inequalities, sets, intervals.

    x = 5   ~   5            -1 < x \le 2   ~   (-1, 2]           2 \pm 1   ~   3, 1 as a list

Policies:

- A name before a value (x = 5, x \in (0, 1), f(x) = 2x) is left out when the other side has
  none; two names must be the same.
- x = 2, y = -1 is the point (2, -1): the names in alphabetical order. x = 2, -1 are two values.
- A bare list and a set are the same: all members, no more, in any order. A tuple has an order.
- An inequality about one variable with numbers at its ends is an interval.
- a \pm b lists two values. A column matrix is no tuple.
"""

from __future__ import annotations

from minir1.tasks.base import Verdict
from minir1.tasks.maths.tree import Name, Node, Op, Refused, variables

INTERVALS = {"<<": "tuple", "<=<": "[)", "<<=": "(]", "<=<=": "[]"}
FLIP = {">": "<", ">=": "<="}
OO = Name("oo")


def shaped(tree: Node) -> tuple[str, Node]:
    """The name before a value ("" for none), and the value in its one shape."""
    tree = _spread(tree)
    match tree:
        case Op("list", args):
            pairs = [shaped(arg) for arg in args]
            names = {name for name, _ in pairs}
            if len(names) == len(pairs) and "" not in names and not variables(Op("list", tuple(
                    value for _, value in pairs))):  # fmt: skip
                # x = 2, y = -1 is the point (2, -1).
                name = ", ".join(sorted(names))
                return name, Op("tuple", tuple(value for _, value in sorted(pairs, key=_first)))
            (name, _), *rest = pairs
            bare = not any(other for other, _ in rest)
            if bare and not variables(Op("list", tuple(value for _, value in rest))):
                names = {name}  # x = 1, -2 lists two values of x
            if len(names) == 1:
                values = tuple(value for _, value in pairs)
                name = names.pop()
                if name and all(_is_interval(value) for value in values):
                    return name, Op("union", values)
                return name, Op("set", values)
            return "", Op("set", args)
        case Op("=" | "in", (left, right)):
            if (name := _label(left)) and name not in variables(right):
                return name, shaped(right)[1]
            return "", tree
        case Op(("<" | "<=" | ">" | ">=") as op, (left, right)):
            return _one_sided(op, left, right) or ("", tree)
        case Op("chain", (Op(first, (low, middle)), Op(second, (_, high)))):
            if first[0] == ">":
                low, high = high, low
                first, second = FLIP[second], FLIP[first]
            if isinstance(middle, Name) and not variables(low) | variables(high):
                return middle.name, Op(INTERVALS[first + second], (low, high))
            return "", tree
        case Op("[]", rows) if all(isinstance(row, Op) and row.op == "[]" for row in rows):
            return "", Op("matrix", tuple(Op("row", _members(row)) for row in rows))
    return "", tree


def _first(pair: tuple[str, Node]) -> str:
    return pair[0]


def _members(tree: Node) -> tuple[Node, ...]:
    assert isinstance(tree, Op)
    return tree.args


def _label(tree: Node) -> str:
    """x, or f(x), where it is only the name of a value."""
    match tree:
        case Name(name) if variables(tree):
            return name
        case Op("tuple", args) if all(isinstance(arg, Name) and variables(arg) for arg in args):
            return ", ".join(arg.name for arg in args if isinstance(arg, Name))
        case Op("*", (Name(f), Name(x))) if f in "fgh" and x in "xtn":
            return f
    return ""


def _one_sided(op: str, left: Node, right: Node) -> tuple[str, Node] | None:
    """x > 3 as the interval from 3 to infinity."""
    if op in FLIP:
        op, left, right = FLIP[op], right, left
    closed = op == "<="
    if isinstance(left, Name) and variables(left) and not variables(right):
        return left.name, Op("(]" if closed else "tuple", (Op("neg", (OO,)), right))
    if isinstance(right, Name) and variables(right) and not variables(left):
        return right.name, Op("[)" if closed else "tuple", (left, OO))
    return None


def _is_interval(tree: Node) -> bool:
    return isinstance(tree, Op) and tree.op in ("tuple", "[]", "(]", "[)") and len(tree.args) == 2


def _spread(tree: Node) -> Node:
    """a \\pm b as a list of both values. More than one such sign has no meaning here."""
    signs = _count(tree)
    if signs == 0:
        return tree
    if signs > 1:
        raise Refused(Verdict.MALFORMED, "more than one plus-or-minus sign")
    return Op("list", (_signed(tree, False), _signed(tree, True)))


def _count(tree: Node) -> int:
    if not isinstance(tree, Op):
        return 0
    return (tree.op == "pm") + sum(map(_count, tree.args))


def _signed(tree: Node, minus: bool) -> Node:
    if not isinstance(tree, Op):
        return tree
    args = tuple(_signed(arg, minus) for arg in tree.args)
    if tree.op != "pm":
        return Op(tree.op, args)
    last = Op("neg", args[-1:]) if minus else args[-1]
    return Op("+", (args[0], last)) if len(args) == 2 else last
