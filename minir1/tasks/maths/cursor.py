"""A place among the tokens, and the one way to make an operation: with its bounds checked."""

from __future__ import annotations

from minir1.tasks.base import Verdict
from minir1.tasks.maths.tokens import Token
from minir1.tasks.maths.tree import RELATIONS, STRUCTURES, Name, Node, Op, Refused

MAX_DEPTH = 24
"""Levels of a tree, and calls inside calls of the parser."""


class Cursor:
    """What both halves of the parser share."""

    def __init__(self, found: list[Token]) -> None:
        self.tokens = found
        self.place = 0
        self.depth = 0
        self.bars = 0

    @property
    def kind(self) -> str:
        return self.tokens[self.place].kind

    def take(self) -> Token:
        token = self.tokens[self.place]
        self.place += token.kind != "end"
        return token

    def accept(self, kind: str) -> bool:
        found = self.kind == kind
        if found:
            self.take()
        return found

    def need(self, *kinds: str) -> str:
        if self.kind not in kinds:
            raise Refused(Verdict.MALFORMED, f"no {' or '.join(kinds)} where one must be")
        return self.take().kind

    def build(self, op: str, *args: Node) -> Node:
        """One operation. Words and structures are no numbers: nothing is computed with them."""
        if op not in STRUCTURES | RELATIONS | {"row"}:
            for arg in args:
                if isinstance(arg, Op) and arg.op in STRUCTURES | RELATIONS | {"word"}:
                    raise Refused(Verdict.MALFORMED, "arithmetic on what is no number")
                if arg == Name("oo") and op not in ("neg", "pos"):
                    raise Refused(Verdict.MALFORMED, "arithmetic on infinity")
        tree = Op(op, args)
        if _depth(tree) > MAX_DEPTH:
            raise Refused(Verdict.TOO_LARGE, "too many levels")
        return tree


def _depth(tree: Node) -> int:
    if not isinstance(tree, Op):
        return 1
    return 1 + max(map(_depth, tree.args), default=0)
