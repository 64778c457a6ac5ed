r"""Tokens -> tree: a Pratt parser with bounds.

    1 + 2x^3   ->   Op("+", (1, Op("*", (2, Op("^", (x, 3))))))

Each infix sign has a strength; the loop in `expression` takes signs for as long as they are
stronger than the one it was called for. Sums and products are flat, so a long sum is not a deep
tree. Every recursion counts its depth, and a tree deeper than MAX_DEPTH is refused at once.

Policies: implied products are as strong as written ones (1/2x is half of x); -x^2 is -(x^2);
powers group to the right; a function without brackets takes the product after it (sin 2x).
"""

from __future__ import annotations

from dataclasses import dataclass

from minir1.tasks.base import Verdict
from minir1.tasks.maths.atoms import COMMA, PRODUCT, Atoms
from minir1.tasks.maths.cursor import MAX_DEPTH
from minir1.tasks.maths.tokens import tokens
from minir1.tasks.maths.tree import RELATIONS, STRUCTURES, Name, Node, Op, Refused

FACTORS = frozenset({"num", "name", "func", "frac", "binom", "(", "{", "|"})
"""What may follow a value without a sign, as a factor."""
ORDERS = frozenset({"<", "<=", ">", ">=", "chain"})
STRENGTH = {
    ":": 3, **dict.fromkeys(RELATIONS | {"in"}, 5), "union": 8, "+": 10, "-": 10, "pm": 10,
    "*": 20, "/": 20, "^": 30, "!": 40, "percent": 40, "degree": 40,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """A tree and the unit that stood beside it, "" where there was none."""

    tree: Node
    unit: str = ""


def read(text: str) -> Answer:
    r"""The answer that a text writes down, or Refused.

    >>> read(r"5 \text{ cm}")
    Answer(tree=Num(value=Fraction(5, 1)), unit='cm')
    """
    found = tokens(text)
    words = [token.text for token in found[:-1] if token.kind == "word"]
    if words and len(words) == len(found) - 1:
        return Answer(Op("word", (Name(" ".join(words)),)))
    parser = _Parser(found)
    dollar = parser.accept("dollar")
    tree = parser.members()
    unit = "dollar" if dollar else ""
    if parser.kind in ("unit", "dollar"):
        token = parser.take()
        if dollar and token.text not in ("dollar", ""):
            raise Refused(Verdict.MALFORMED, "two units")
        unit = token.text or "dollar"
    parser.need("end")
    if isinstance(tree, Op):
        if unit and tree.op in STRUCTURES | {"percent", "degree", "word"}:
            raise Refused(Verdict.MALFORMED, "a unit in the wrong place")
        if tree.op == "degree":
            return Answer(tree.args[0], "degree")
    return Answer(tree, unit)


class _Parser(Atoms):
    """The signs between values."""

    def members(self) -> Node:
        """One expression, or several between commas as a list."""
        found, signs = [self.expression(COMMA)], set()
        while self.kind == ",":
            signs.add(self.take().text)
            if self.kind == ",":  # "1, 2, and 3"
                signs.add(self.take().text)
            found.append(self.expression(COMMA))
        if "and" in signs and any(isinstance(one, Op) and one.op in ORDERS for one in found):
            # x < 2 and x > 3 is no x at all; as a list of parts it would be a union.
            raise Refused(Verdict.MALFORMED, "inequalities joined by and: write an interval")
        return self.build("list", *found) if len(found) > 1 else found[0]

    def expression(self, strength: int) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Refused(Verdict.TOO_LARGE, "too many levels")
        left = self.prefix()
        while True:
            kind = self.kind
            if kind in FACTORS and not (kind == "|" and self.bars):
                kind = "implied"
            if STRENGTH.get(kind, PRODUCT if kind == "implied" else -1) <= strength:
                break
            left = self.infix(left, kind)
        self.depth -= 1
        return left

    def infix(self, left: Node, kind: str) -> Node:
        if kind == "implied":
            if self.kind == "num":
                raise Refused(Verdict.MALFORMED, "a number after a value, without a sign")
            return self.flat("*", left, self.expression(PRODUCT))
        self.take()
        match kind:
            case "+" | "*":
                return self.flat(kind, left, self.expression(STRENGTH[kind]))
            case "-":
                return self.flat("+", left, self.build("neg", self.expression(STRENGTH["-"])))
            case "^":
                return self.build("^", left, self.script())
            case "!" | "percent" | "degree":
                return self.build(kind, left)
            case "union" | ":":
                return self.flat(kind, left, self.expression(STRENGTH[kind]))
            case _ if kind in RELATIONS:
                return self.relation(left, kind)
            case _:
                return self.build(kind, left, self.expression(STRENGTH[kind]))

    def relation(self, left: Node, kind: str) -> Node:
        """a < b, or a chain a < b <= c in one direction."""
        if not (isinstance(left, Op) and left.op in RELATIONS | {"chain"}):
            return self.build(kind, left, self.expression(STRENGTH[kind]))
        if {left.op[0], kind[0]} not in ({"<"}, {">"}):
            raise Refused(Verdict.MALFORMED, "a chain of equalities or of several relations")
        link = self.build(kind, left.args[1], self.expression(STRENGTH[kind]))
        return self.build("chain", left, link)

    def flat(self, op: str, left: Node, right: Node) -> Node:
        """A sum or product as one level, however long it is."""
        if isinstance(left, Op) and left.op == op:
            return self.build(op, *left.args, right)
        return self.build(op, left, right)

    def script(self) -> Node:
        """What stands after ^: one signed value, tighter than a product."""
        if self.accept("-"):
            return self.build("neg", self.script())
        return self.expression(STRENGTH["^"] - 1)
