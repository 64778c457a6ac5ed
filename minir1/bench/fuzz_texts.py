r"""Strings for the fuzzer: text i of a seed is the same on every machine and in every run.

Six kinds, in turn: LaTeX from a grammar, plain arithmetic from a grammar, either of them with
a few characters changed, a soup of tags and fragments, random bytes, random code points (lone
surrogates and control characters are among them). The grammars have hostile rules on purpose:
towers of powers, huge factorials, boxes that don't close, thousands of signs in a row.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

GOLDS: dict[str, tuple[Any, ...]] = {
    "countdown": ({"numbers": [10, 5, 1], "target": 15}, {"numbers": [3, 3], "target": 1}),
    "arithmetic": (23, 0, -7),
    "math": ("9", r"\frac{1}{2}", r"\{1, 2\}", "(-1, 2]", r"\sin 2x", "x^2 + 2x + 1", "true"),
    "format": (None,),
    "words": ("5", "olleh"),
}
"""What the strings are judged against, by verifier."""

FUNCTIONS = ("sin", "cos", "tan", "ln", "log", "exp", "arcsin", "sqrt", "cosh", "abs", "foo")
NAMES = ("x", "y", "n", "e", "i", "\\pi", "\\infty", "\\alpha", "pi", "oo", "x_1", "cm")
SIGNS = ("+", "-", "*", "/", "^", "\\cdot", "\\times", "=", "<", "\\le", ",", "!", "%", "\\pm", " ")
SOUP = (
    *("<think>", "</think>", "<answer>", "</answer>", "<eos>", "\\boxed{", "}", "{", "$", "$$"),
    *("\\frac", "\\sqrt[", "]", "(", ")", "\\text{ cm}", "\\begin{pmatrix}", "\\end{pmatrix}"),
    *("\\\\", "&", "5", "0", "1e999999999", "9^9^9", "\\left(", "\\right|", "\n", "\t", "\\", "%"),
    *("the answer is ", "x", "3 1/2", "1,234", "0.\\overline{3}", "\u0663", "\u00b2", "\uff11"),
)
MAX_DEPTH = 6


def text(seed: int, index: int) -> str:
    """String `index` of a seed.

    >>> text(0, 1) == text(0, 1), text(0, 1) == text(1, 1)
    (True, False)
    """
    rng = random.Random(f"text {seed} {index}")
    kinds = (latex_text, plain_text, changed, soup, random_bytes, code_points)
    body = kinds[index % len(kinds)](rng)
    wrapper = rng.randrange(4)
    if wrapper == 0:
        return body
    if wrapper == 1:
        return f"<think> so </think> <answer> {body} </answer>"
    inside = f"\\boxed{{{body}}}" if wrapper == 2 else body
    return f"<answer> {inside} </answer> <eos>"


def latex_text(rng: random.Random) -> str:
    """One answer as LaTeX writes it: an expression, a set, an interval, an equation."""
    a, b = latex(rng, MAX_DEPTH), latex(rng, 2)
    forms = (a, a, a, f"x = {a}", f"\\{{{a}, {b}\\}}", f"({a}, {b}]", f"${a}$", f"{a} \\le {b}")
    return rng.choice(forms)


def latex(rng: random.Random, depth: int) -> str:
    """An expression of at most `depth` levels."""
    if depth <= 0 or rng.random() < 0.25:
        return leaf(rng)
    a, b = latex(rng, depth - 1), latex(rng, depth - rng.randint(1, 3))
    forms = (
        *(f"{a} + {b}", f"{a} - {b}", f"{a} \\cdot {b}", f"{a}{b}", f"-{a}", f"\\left({a}\\right)"),
        *(f"\\frac{{{a}}}{{{b}}}", f"{{{a}}}^{{{b}}}", f"\\sqrt{{{a}}}", f"\\sqrt[{b}]{{{a}}}"),
        *(f"\\{rng.choice(FUNCTIONS)}({a})", f"|{a}|", f"{a}!", f"\\binom{{{a}}}{{{b}}}"),
        *(f"{a} \\pm {b}", f"{a}\\%", f"{a}^\\circ", f"\\log_{{{b}}} {a}"),
        f"\\begin{{pmatrix}} {a} & {b} \\\\ {b} & {a} \\end{{pmatrix}}",
    )
    return rng.choice(forms)


def leaf(rng: random.Random) -> str:
    """A number or a name, now and then a hostile one."""
    pick = rng.random()
    if pick < 0.55:
        return str(rng.randint(0, 20))
    if pick < 0.85:
        return rng.choice(NAMES)
    if pick < 0.95:
        return f"{rng.randint(0, 999)}.{rng.randint(0, 999)}"
    huge = ("9" * rng.choice((20, 400, 5000)), "9^9^9^9", "1e999999999", "10^{10^{10}}", "(10^6)!")
    return rng.choice((*huge, "(" * 300, "-" * 2000 + "1", "1+" * 3000 + "1"))


def plain_text(rng: random.Random) -> str:
    """Arithmetic as people type it, with signs in wrong places too."""
    parts = [leaf(rng) if rng.random() < 0.6 else rng.choice((*SIGNS, "(", ")", "**", "//"))
             for _ in range(rng.randint(1, 14))]  # fmt: skip
    return rng.choice(("", " ")).join(parts)


def changed(rng: random.Random) -> str:
    """A well made text with a few of its characters changed."""
    text = latex_text(rng) if rng.random() < 0.7 else plain_text(rng)
    return scrambled(rng, text, 4, ("", "{", "}", "\\", "^", "0", "(", "\x00", "\u200b", "%", "_"))


def scrambled(rng: random.Random, text: str, most: int, signs: Sequence[str]) -> str:
    """Up to `most` characters deleted, replaced by one of the signs, or put in."""
    characters = list(text)
    for _ in range(rng.randint(1, most)):
        place = rng.randrange(len(characters) + 1)
        new = rng.choice(signs)
        characters[place : place + rng.randint(0, 1)] = [new]
    return "".join(characters)


def soup(rng: random.Random) -> str:
    """Tags and fragments in any order."""
    return rng.choice(("", " ")).join(rng.choices(SOUP, k=rng.randint(1, 25)))


def random_bytes(rng: random.Random) -> str:
    """Bytes as text: half of them as a careless reader would decode them."""
    data = rng.randbytes(rng.randint(0, 300))
    return data.decode("latin-1") if rng.random() < 0.5 else data.decode("utf-8", "surrogateescape")


def code_points(rng: random.Random) -> str:
    """Code points of every range, lone surrogates too; a few texts are very long."""
    count = 100_000 if rng.random() < 0.001 else rng.randint(0, 120)
    top = rng.choice((0x80, 0x800, 0x10000, 0x110000))
    return "".join(chr(rng.randrange(top)) for _ in range(count))
