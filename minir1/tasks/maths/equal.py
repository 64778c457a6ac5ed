"""Are two answers the same? Exact first, symbolic second, numbers last.

Structures are taken apart here: sets member by member without order, tuples and matrices in
order, intervals end by end, equations up to a constant factor. What remains are pairs of
expressions. Most have an exact form (exact.py) and are decided at once. The others are asked
of `decide`, which the caller supplies: in production a worker that can be killed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from minir1.tasks.base import Verdict
from minir1.tasks.maths import exact
from minir1.tasks.maths.shapes import shaped
from minir1.tasks.maths.symbolic import is_askable
from minir1.tasks.maths.tree import INFINITE, RELATIONS, Node, Op, Refused, variables

MAX_MEMBERS = 40
MAX_ASKED = 12
"""Pairs of one answer that may be asked of a worker."""

ORDERED = frozenset({"tuple", "[]", "(]", "[)", "matrix", "row", ":"})


@dataclass(slots=True)
class Comparison:
    """One comparison of a gold with an answer."""

    decide: Callable[[Node, Node], bool]
    asked: int = 0

    def answers(self, gold: Node, answer: Node) -> bool:
        """Whether an answer is the gold."""
        (gold_name, a), (answer_name, b) = shaped(gold), shaped(answer)
        if gold_name and answer_name and gold_name != answer_name:
            return False
        if _is_equation(gold) and _is_equation(answer) and bool(gold_name) != bool(answer_name):
            return self.equations(gold, answer)
        return self.same(a, b)

    def same(self, a: Node, b: Node) -> bool:
        """Whether two values of any shape are the same."""
        if a == b:
            return True
        if isinstance(a, Op) and isinstance(b, Op) and a.op == b.op:
            if a.op in ("set", "union"):
                return self.members(a.args, b.args)
            if a.op in ORDERED:
                pairs = zip(a.args, b.args, strict=False)
                return len(a.args) == len(b.args) and all(self.same(x, y) for x, y in pairs)
            if a.op in ("=", "!="):
                return self.equations(a, b)
            if a.op in ("in", "chain", *RELATIONS):
                return all(self.same(x, y) for x, y in zip(a.args, b.args, strict=True))
        if _has_shape(a) or _has_shape(b) or a in INFINITE or b in INFINITE:
            return False
        return self.values(a, b)

    def members(self, a: tuple[Node, ...], b: tuple[Node, ...]) -> bool:
        """The same members, each as often, in any order."""
        if len(a) != len(b):
            return False
        if len(a) > MAX_MEMBERS:
            raise Refused(Verdict.TOO_LARGE, "too many members")
        left = list(b)
        for member in a:
            found = next((one for one in left if self.same(member, one)), None)
            if found is None:
                return False
            left.remove(found)
        return True

    def equations(self, a: Node, b: Node) -> bool:
        """y = 2x + 1 and 4x - 2y + 2 = 0 say the same: one difference is the other's multiple."""
        assert isinstance(a, Op) and isinstance(b, Op)
        if variables(a) != variables(b):
            return False
        try:
            tops = [exact.ratio(Op("+", (s.args[0], Op("neg", s.args[1:]))))[0] for s in (a, b)]
        except exact.Undecided:
            same = [self.same(a.args[0], b.args[k]) and self.same(a.args[1], b.args[1 - k])
                    for k in (0, 1)]  # fmt: skip
            return any(same)
        first, second = tops
        if set(first) != set(second):
            return False
        return len({first[term] / second[term] for term in first}) == 1

    def values(self, a: Node, b: Node) -> bool:
        """Whether two expressions have the same value."""
        try:
            return exact.equal(a, b)
        except exact.Undecided:
            pass
        if not (is_askable(a) and is_askable(b)):
            return False
        self.asked += 1
        if self.asked > MAX_ASKED:
            raise Refused(Verdict.TOO_LARGE, "too many members that need a proof")
        return self.decide(a, b)


def _is_equation(tree: Node) -> bool:
    return isinstance(tree, Op) and tree.op == "="


def _has_shape(tree: Node) -> bool:
    shapes = ORDERED | RELATIONS | {"set", "union", "list", "in", "chain", "word", "base"}
    return isinstance(tree, Op) and tree.op in shapes
