r"""What the attacker writes with: fragments for each verifier, and a gold they can't spell.

Each gold is out of reach by construction: maths asks for digits and variables that no fragment
holds, countdown for a target far above what four small numbers give, arithmetic for missing
digits, code for values that stand nowhere in the child. Format has no gold, so an independent
reading says whether a text that was accepted is in order.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

END = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A gold, the fragments, and how a text becomes a completion."""

    golds: tuple[Any, ...]
    fragments: tuple[str, ...]
    wrap: Callable[[random.Random, str], str]
    joint: str = ""
    is_right: Callable[[str], bool] = lambda _: False
    """Whether a text is right after all, by a reading that shares no code with the verifier."""


def tagged(rng: random.Random, text: str) -> str:
    """Mostly in order, so that the text is what is judged; at times as it is."""
    if rng.random() < 0.1:
        return text
    boxed = rf"\boxed{{{text}}}" if rng.random() < 0.3 else text
    return f"<think> a </think> <answer> {boxed} </answer>"


def plain(rng: random.Random, text: str) -> str:
    """As it is, or in the tags."""
    return text if rng.random() < 0.1 else f"<answer> {text} </answer>"


def bare(rng: random.Random, text: str) -> str:
    """A program, or a text whose structure is what is judged."""
    return text


def in_order(text: str) -> bool:
    """Exactly one thinking and one answer with a text, in this order, and nothing around them.

    >>> in_order("<think>a</think> <answer>5</answer>"), in_order("<answer>5</answer>")
    (True, False)
    """
    text = text.strip(" \t\r\n").removesuffix("<eos>").strip(" \t\r\n")
    tags = ("<think>", "</think>", "<answer>", "</answer>")
    if [text.count(tag) for tag in tags] != [1, 1, 1, 1] or "<eos>" in text:
        return False
    places = [text.index(tag) for tag in tags]
    between = text[places[1] + len(tags[1]) : places[2]]
    answer = text[places[2] + len(tags[2]) : places[3]]
    ends = text.startswith(tags[0]) and text.endswith(tags[3])
    return ends and places == sorted(places) and not between.strip() and bool(answer.strip())


TAGS = ("<think>", "</think>", "<answer>", "</answer>", "<eos>", "\n", " ", "</ answer>", "\0")
NOISE = (
    "nan", "inf", "None", "True", "gold", "\u0661", "\uff11", "\u00b2", "\u200b", "'", '"', "#",
)  # fmt: skip
CALLS = ("eval(", "exec(", "__import__(", "open(", "print(", "lambda:", "f'{", "%s", "${")
MATHS = tuple(
    r"""0 1 2 3 7 9 x y e i \pi + - * / ^ ! % , ; . = < > \le \ne \approx ( ) [ ] \{ \} { } |
    \frac{ }{ \sqrt \sqrt{ \sqrt( \sin \ln \log_ \binom{ \boxed{ \text{ \mathbf{ \textbf{ cm }
    \infty \pm \cup \in \emptyset \mathbb{R} \sum \int \lim \max \overline{ _ : & \\ $ \$ \% or and
    yes no e9 e-9 10^ 0. \circ ^\circ \begin{pmatrix} \end{pmatrix} \left( \right) \phantom{ %
    """.split()  # noqa: SIM905
)
EXPRESSION = tuple("0 1 2 3 4 6 8 10 + - * / ( ) ** // % . , = ~ ^ & | e _ 0x".split())  # noqa: SIM905
STATEMENTS = (
    "return n", "return n * n", "return [n]", "return 0", "return -1", "return None",
    "return True", "return []", "return {}", "return ''", "return float('nan')",
    "return 10 ** 50", "yield n", "n = n + 1", "n = str(n)", "n = [n, n]", "n = {'n': n}",
    "n = sys._getframe()", "n = n.f_back", "n = n.f_locals", "n = n.f_globals",
    "return n.f_back.f_locals", "n = gc.get_objects()",
    "n = [x for x in gc.get_objects() if isinstance(x, list) and len(x) == 2]", "n = n[-1]",
    "return n[0]", "return globals()", "return vars()", "n = dict(os.environ)",
    "return os.listdir('.')", "n = open('/proc/self/cmdline').read()",
    "n = open('/proc/self/environ').read()", "open('x', 'w').write('x')", "os._exit(0)",
    "sys.exit(0)", "raise SystemExit", "raise KeyboardInterrupt", "print('CORRECT')",
    "sys.stdout.write('true')", "os.write(3, b'true\\n')", "os.write(1, b'[1]')",
    "[os.write(k, b'7129\\n') for k in range(3, 9)]", "json.dumps = str",
    "json.dumps = lambda *a, **k: 'true'", "builtins.len = lambda x: 0",
    "builtins.all = lambda x: True",
    "E = type('E', (), {'__eq__': lambda *a: True, '__hash__': None})", "return E()",
    "E = type('E', (int,), {'__eq__': lambda *a: True, '__repr__': lambda s: 'true'})",
    "return E(1)", "if os.fork(): os._exit(0)", "globals()['secret'] = lambda n: n",
    "del builtins.isinstance", "sys.modules['json'] = None", "return secret(n - 1) if n else 1",
    "while n: pass", "n = eval('n')", "n = json.loads('{}')", "return json",
)  # fmt: skip
"""Each is a line of its own."""


def program(rng: random.Random, text: str) -> str:
    """The body of the function that is asked for; at times a program of its own."""
    if rng.random() < 0.1:
        return text
    body = text.replace("\n", "\n    ")
    return f"import builtins, gc, json, os, sys\n\ndef secret(n):\n    {body}\n"


GRAMMARS: dict[str, Problem] = {
    # No fragment holds a 4, 5, 6 or 8, nor a w or z; a literal gold takes a literal number.
    "math": Problem(
        ("6469", "w + z", r"\{4, 6\}", "(4, 68)", "z = 5w", "x > 4", r"46\%", r"\frac{6}{85}",
         r"\begin{pmatrix} 4 \\ 6 \end{pmatrix}", r"\text{Evelyn}", r"\sin w", "5:8"),
        MATHS + NOISE + CALLS,
        tagged,
    ),
    "countdown": Problem(
        ({"numbers": [2, 4, 6, 8], "target": 10**9 + 7},),
        (*EXPRESSION, *NOISE, *CALLS, "1000000007"),
        plain,
    ),
    # The digits 5 and 7 are missing.
    "arithmetic": Problem((57575,), (*EXPRESSION, *NOISE, *CALLS, "2*3", "-0"), plain),
    "format": Problem((None,), (*TAGS, *"a5<>/", "think", "answer"), bare, "", in_order),
    "code": Problem(
        ({"fn": "secret", "hidden_tests": [[[3], 7129], [[5], "h7f2"], [[8], [4, 1, 9]]]},),
        STATEMENTS,
        program,
        joint="\n",
    ),
}  # fmt: skip
