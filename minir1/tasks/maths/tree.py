r"""The expression tree: what a text says, before anything is computed.

    \frac{1}{2} + x   ->   Op("+", (Op("/", (Num(1), Num(2))), Name("x")))

A tree is cheap: to make one computes nothing. So every guard on size can look at the tree
before a power is taken or a sympy object is built. It is also small as JSON, which is how it
travels to a worker process; nothing that came from a model is ever unpickled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from minir1.tasks.base import Verdict

CONSTANTS = frozenset({"pi", "e", "i", "oo"})
"""Names with a value of their own. Every other name is a variable."""
RELATIONS = frozenset({"=", "<", "<=", ">", ">=", "!="})
STRUCTURES = frozenset(
    {"set", "list", "tuple", "[]", "(]", "[)", "matrix", "union", "in", "chain", ":"}
)
"""Operators that collect values. They have members and no value."""


@dataclass(frozen=True, slots=True)
class Num:
    """A literal number, exact: 0.1 is 1/10."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Name:
    """A variable or a constant."""

    name: str


@dataclass(frozen=True, slots=True)
class Op:
    """An operation, a function, a relation or a structure."""

    op: str
    args: tuple[Node, ...]


Node = Num | Name | Op

INFINITE = (Name("oo"), Op("neg", (Name("oo"),)))


class Refused(Exception):
    """Carries a verdict out of the reading and the comparing; `verify` turns it into one."""

    def __init__(self, verdict: Verdict, reason: str) -> None:
        super().__init__(reason)
        self.verdict = verdict


def walk(tree: Node) -> Iterator[Node]:
    """The tree and everything in it, parents first.

    >>> [type(node).__name__ for node in walk(Op("neg", (Num(Fraction(3)),)))]
    ['Op', 'Num']
    """
    yield tree
    if isinstance(tree, Op):
        for arg in tree.args:
            yield from walk(arg)


def variables(tree: Node) -> frozenset[str]:
    """The names without a value of their own."""
    names = {node.name for node in walk(tree) if isinstance(node, Name)}
    return frozenset(names - CONSTANTS)


def to_json(tree: Node) -> Any:
    """A tree as lists and texts.

    >>> to_json(Op("^", (Name("x"), Num(Fraction(1, 2)))))
    ['^', ['name', 'x'], '1/2']
    """
    match tree:
        case Num(value):
            return str(value)
        case Name(name):
            return ["name", name]
        case Op(op, args):
            return [op, *map(to_json, args)]


def from_json(data: Any) -> Node:
    """The inverse of `to_json`."""
    match data:
        case str(number):
            return Num(Fraction(number))
        case ["name", name]:
            return Name(name)
        case _:
            return Op(data[0], tuple(map(from_json, data[1:])))
