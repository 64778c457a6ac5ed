r"""Cut a maths answer into tokens: LaTeX and plain text alike.

    \dfrac{1}{2}x   ->   frac { 1 } { 2 } x

One regex names everything that has a meaning, and a text with anything else in it has none:
there is no way to hide a second answer in a command that a reader doesn't see. Layout commands
(`\left`, `\,`, `\displaystyle`) vanish. Only ASCII and a few signs that people do type, such as
π and ≤, are read; digits of other scripts and superscripts are refused.

Numbers keep every digit. Policies: `1,234` at the top level is one number, inside brackets two
members; `3\frac{1}{2}` and `3 1/2` are mixed numbers; `1.5e3` is 1500; no number starts with 0
but 0 and 0.5; `^10` is read whole, as people mean it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from minir1.tasks.base import Verdict
from minir1.tasks.maths.numerals import number
from minir1.tasks.maths.tree import Refused
from minir1.tasks.maths.units import unit_of
from minir1.tasks.maths.vocabulary import FUNCTIONS, GREEK, LAYOUT, SIGNS, SPELLINGS, WORDS

MAX_TOKENS = 400

BOLD = (r"\textbf{", r"\mathbf{")

_TOKEN = re.compile(
    r"""
      (?P<space>\s+ | ~ | \\[,;:!\ ])
    | (?P<mixed>(?<![\^.\d_])\d+
        (?: \s*\\[dt]?frac\s*(?:\{\s*\d+\s*\}\s*\{\s*\d+\s*\} | \d\s*\d(?!\d))
          | [ ]+\d+\s*/\s*\d+ ))
    | (?P<repeating>\d*\.\d*\\overline\{\d+\})
    | (?P<grouped>\d{1,3}(?:(?:,|\{,\}|\\!|\\,)\d{3})+(?!\d)(?:\.\d+)?)
    | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+(?!\d*\.))?)
    | (?P<degree>\^\s*(?:\\circ(?![A-Za-z])|\{\s*\\circ\s*\}))
    | (?P<text>\\(?:text|mathrm|textbf|mathbf|mbox)\s*\{(?P<inside>[^{}\\$]*)\}
        (?:\s*\^\s*\{?[23]\}?)?)
    | (?P<open_matrix>\\begin\{(?:[pb]?matrix\}|array\}\{[lcr]{1,9}\}))
    | (?P<close_matrix>\\end\{(?:[pb]?matrix|array)\}) | (?P<row>\\\\)
    | (?P<brace>\\[{}]) | (?P<percent>\\?%) | (?P<dollar>\\\$|\$)
    | \\(?P<command>[A-Za-z]+)
    | (?P<phrase>(?:square|cubic|sq)[ ][A-Za-z]+ | [A-Za-z]+[ ]per[ ][A-Za-z]+
        | (?:mm|cm|km|in|ft|yd|mi)\^(?:[23]|\{[23]\}))
    | (?P<word>[A-Za-z]+)
    | (?P<sign>\*\*|<=|>=|!=|[-+*/^_=<>(){}\[\],:;!|&"""
    + SIGNS
    + r"""])
    """,
    re.VERBOSE | re.ASCII,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is "num", "name", "func", "unit", "word", "end", or the sign itself."""

    kind: str
    text: str = ""
    value: Fraction = Fraction(0)


def tokens(text: str) -> list[Token]:
    r"""The tokens of a text, or Refused.

    >>> [token.kind for token in tokens(r"\frac{1}{2} \cdot x")]
    ['frac', '{', 'num', '}', '{', 'num', '}', '*', 'name', 'end']
    """
    found: list[Token] = []
    place, depth = 0, 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise Refused(Verdict.MALFORMED, "a sign or command without a meaning here")
        kind = match.lastgroup if match.lastgroup != "inside" else "text"
        # Inside brackets a comma parts members: (1,234) is a pair.
        if kind == "grouped" and depth > 0 and "{,}" not in match.group():
            match = re.compile(r"(?P<number>\d+)", re.ASCII).match(text, place)
            assert match is not None
            kind = "number"
        new = list(_read(kind or "", match))
        depth += sum((t.kind in ("(", "[", "{", "set{")) - (t.kind in (")", "]", "}", "}set"))
                     for t in new)  # fmt: skip
        found += new
        place = match.end()
        if len(found) > MAX_TOKENS:
            raise Refused(Verdict.TOO_LARGE, "too many tokens")
    return [*found, Token("end")]


def _read(kind: str, match: re.Match[str]) -> Iterator[Token]:
    text = match.group()
    match kind:
        case "space":
            return
        case "mixed" | "repeating" | "grouped" | "number":
            yield Token("num", text, number(kind, text))
        case "text":
            if text.startswith(BOLD) and re.fullmatch(r"\d+", match["inside"], re.ASCII):
                yield Token("num", match["inside"], number("number", match["inside"]))
                return
            yield from _text(match["inside"], text[match.end("inside") - match.start() + 1 :])
        case "command":
            yield from _command(match["command"])
        case "word":
            yield from _word(text)
        case "phrase" if unit_of(text):
            yield Token("unit", unit_of(text) or "")
        case "phrase":
            raise Refused(Verdict.MALFORMED, "a unit that isn't known")
        case "brace":
            yield Token("set{" if text == r"\{" else "}set")
        case "sign":
            sign = SPELLINGS.get(text, text)
            named = {"pi": "name", "oo": "name", "sqrt": "func"}
            yield Token(named.get(sign, sign), sign)
        case _:
            yield Token(kind)


def _command(name: str) -> Iterator[Token]:
    if name in LAYOUT:
        return
    name = SPELLINGS.get(name, name)
    if name in FUNCTIONS:
        yield Token("func", name)
    elif name in GREEK or name == "oo":
        yield Token("name", name)
    elif name in WORDS or not name.isalpha():
        yield Token(name, name)
    else:
        raise Refused(Verdict.MALFORMED, "a command without a meaning here")


def _word(word: str) -> Iterator[Token]:
    """A run of plain letters: a known name, a unit, a product of variables, or just a word."""
    known = SPELLINGS.get(word, word)
    if word == "percent":
        yield Token("percent")
    elif word != "in" and (known in FUNCTIONS or known in GREEK or known == "oo"):
        yield from _command(known)
    elif word in ("or", "and"):
        yield Token(",", word)
    elif len(word) > 1 and unit_of(word):
        yield Token("unit", unit_of(word) or "")
    elif len(word) > 2 or word.lower() == "no":
        yield Token("word", word.lower())
    else:
        yield from (Token("name", letter) for letter in word)


def _text(inside: str, power: str) -> Iterator[Token]:
    """What stands in \\text{...}: a unit, a single letter, or words."""
    words = " ".join(inside.split())
    unit = unit_of(words + power)
    if words in ("or", "and"):
        yield Token(",", words)
    elif words == "percent" and not power:
        yield Token("percent")
    elif unit:
        yield Token("unit", unit)
    elif re.fullmatch(r"\(?[A-Z]\)?", words):
        yield Token("name", words.strip("()"))
    elif words and not power and re.fullmatch(r"[A-Za-z][A-Za-z -]*", words):
        yield Token("word", words.lower())
    elif words:
        raise Refused(Verdict.MALFORMED, "a text that is no word and no unit")
