r"""The words of the reader: what each command, name and sign stands for.

Whatever isn't here has no meaning, so no command can hide a second answer from a reader's eye.
The signs beyond ASCII are the few that people type; digits of other scripts are not among them.
"""

from __future__ import annotations

FUNCTIONS = frozenset(
    """sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh ln log exp sqrt abs""".split()  # noqa: SIM905
)
SPELLINGS = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan",
    "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "dbinom": "binom", "tbinom": "binom",
    "cdot": "*", "times": "*", "div": "/", "pm": "pm", "le": "<=", "leq": "<=", "leqslant": "<=",
    "ge": ">=", "geq": ">=", "geqslant": ">=", "lt": "<", "gt": ">", "ne": "!=", "neq": "!=",
    "cup": "union", "infty": "oo", "inf": "oo", "infinity": "oo", "lvert": "|", "rvert": "|",
    "vert": "|", "circ": "degree", "varnothing": "emptyset", "colon": ":",
    "**": "^",
    "\N{GREEK SMALL LETTER PI}": "pi", "\N{INFINITY}": "oo", "\N{SQUARE ROOT}": "sqrt",
    "\N{MULTIPLICATION SIGN}": "*", "\N{MIDDLE DOT}": "*", "\N{DIVISION SIGN}": "/",
    "\N{MINUS SIGN}": "-", "\N{PLUS-MINUS SIGN}": "pm", "\N{DEGREE SIGN}": "degree",
    "\N{LESS-THAN OR EQUAL TO}": "<=", "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{NOT EQUAL TO}": "!=", "\N{UNION}": "union", "\N{ELEMENT OF}": "in",
}  # fmt: skip
SIGNS = "".join(sign for sign in SPELLINGS if not sign.isascii())
"""The signs beyond ASCII that are read."""
GREEK = frozenset(
    """alpha beta gamma delta theta lambda mu rho sigma tau phi omega pi""".split()  # noqa: SIM905
)
LAYOUT = frozenset("left right big Big bigl bigr displaystyle quad qquad limits".split())  # noqa: SIM905
WORDS = frozenset({"frac", "binom", "pm", "union", "oo", "in", "or", "and", "degree", "emptyset"})
