r"""The forms that a value can start with: numbers, names, functions, brackets, matrices.

The half of the parser that looks at one token and knows what follows. The other half, signs
between values, is in parser.py.

Policies: (a, b) is a tuple and also the open interval; [a, b] is the closed one; \{a, b\} is a
set; a single value in brackets is that value. Infinity is a whole value, never a part of a sum.
"""

from __future__ import annotations

from fractions import Fraction

from minir1.tasks.base import Verdict
from minir1.tasks.maths.cursor import Cursor
from minir1.tasks.maths.tokens import Token
from minir1.tasks.maths.tree import Name, Node, Num, Op, Refused

UNARY, PRODUCT, COMMA = 15, 20, 0
TEN = Num(Fraction(10))
HALF = Num(Fraction(1, 2))


class Atoms(Cursor):
    """What to make of the token at the cursor."""

    def expression(self, strength: int) -> Node:
        """A whole expression of signs stronger than `strength`; parser.py has it."""
        raise NotImplementedError

    def prefix(self) -> Node:
        """The value that starts here."""
        token = self.take()
        match token.kind:
            case "num":
                return self.based(Num(token.value))
            case "name":
                return self.name(token.text)
            case "word":
                return Op("word", (Name(token.text),))
            case "func":
                return self.function(token.text)
            case "-":
                return self.build("neg", self.expression(UNARY))
            case "+":
                return self.expression(UNARY)
            case "pm":
                return self.build("pm", self.expression(UNARY))
            case "frac":
                return self.build("/", self.argument(), self.argument())
            case "binom":
                return self.build("binom", self.argument(), self.argument())
            case "(" | "[" | "{" | "set{":
                return self.brackets(token.kind)
            case "|":
                return self.bar()
            case "emptyset":
                return self.build("set")
            case "open_matrix":
                return self.matrix()
            case _:
                raise Refused(Verdict.MALFORMED, "no value where one must be")

    def based(self, number: Num) -> Node:
        """101_2 is a numeral in base 2: equal to the same digits in the same base, no more."""
        if not self.accept("_"):
            return number
        return self.build("base", number, self.argument())

    def name(self, text: str) -> Node:
        if not self.accept("_"):
            return Name(text)
        index = self.argument()
        match index:
            case Num(value):
                return Name(f"{text}_{value}")
            case Name(name):
                return Name(f"{text}_{name}")
        raise Refused(Verdict.MALFORMED, "an index that is no number and no letter")

    def argument(self) -> Node:
        r"""What a command takes: {...}, or one sign, as in \frac12."""
        token = self.tokens[self.place]
        if token.kind == "{":
            return self.prefix()
        if token.kind == "num" and len(token.text) > 1 and token.text.isdecimal():
            first, rest = token.text[0], token.text[1:]
            self.tokens[self.place] = Token("num", rest, Fraction(int(rest)))
            return Num(Fraction(int(first)))
        if token.kind not in ("num", "name", "func"):
            raise Refused(Verdict.MALFORMED, "a command without its argument")
        return self.prefix()

    def function(self, name: str) -> Node:
        if name == "sqrt":
            return self.root()
        base = self.argument() if name == "log" and self.accept("_") else TEN
        power = self.argument() if self.accept("^") else None
        if power == Op("neg", (Num(Fraction(1)),)):
            raise Refused(Verdict.MALFORMED, "an inverse function as a power: write arcsin")
        inside = self.operand()
        if power is None and self.accept("^"):
            value = self.applied(name, base, inside)
            return self.build("^", value, self.argument())
        value = self.applied(name, base, inside)
        return self.build("^", value, power) if power else value

    def operand(self) -> Node:
        """What a function is applied to: a bracket, or names and numbers side by side."""
        if self.kind in ("(", "{", "[", "|"):
            return self.prefix()
        inside = self.expression(PRODUCT)
        while self.kind in ("name", "frac"):
            inside = self.build("*", inside, self.expression(PRODUCT))
        return inside

    def applied(self, name: str, base: Node, inside: Node) -> Node:
        match name:
            case "exp":
                return self.build("^", Name("e"), inside)
            case "log" if base == Name("e"):
                return self.build("ln", inside)
            case "log":
                return self.build("log", inside, base)
            case _:
                return self.build(name, inside)

    def root(self) -> Node:
        index: Node = Num(Fraction(2))
        if self.accept("["):
            index = self.expression(COMMA)
            self.need("]")
        inside = self.prefix() if self.kind == "(" else self.argument()
        return self.build("root", inside, index)

    def bar(self) -> Node:
        self.bars += 1
        inside = self.expression(COMMA)
        self.bars -= 1
        self.need("|")
        return self.build("abs", inside)

    def brackets(self, opened: str) -> Node:
        bars, self.bars = self.bars, 0
        found = [self.expression(COMMA)] if self.kind != "}set" else []
        while self.accept(","):
            found.append(self.expression(COMMA))
        self.bars = bars
        closed = self.need(*{"{": ("}",), "set{": ("}set",)}.get(opened, (")", "]")))
        if opened == "set{" or (opened == "{" and len(found) > 1):
            return self.build("set", *found)
        if (opened, closed) in (("[", ")"), ("(", "]")) and len(found) != 2:
            raise Refused(Verdict.MALFORMED, "an interval has two ends")
        if len(found) == 1:
            return found[0]
        return self.build({"()": "tuple"}.get(opened + closed, opened + closed), *found)

    def matrix(self) -> Node:
        rows: list[Node] = []
        while True:
            row = [self.expression(COMMA)]
            while self.accept("&"):
                row.append(self.expression(COMMA))
            rows.append(self.build("row", *row))
            if not self.accept("row") or self.kind == "close_matrix":
                break
        self.need("close_matrix")
        if len({len(row.args) for row in rows if isinstance(row, Op)}) != 1:
            raise Refused(Verdict.MALFORMED, "rows of unequal length")
        return self.build("matrix", *rows)
