r"""An answer that stands in the question already.

    question: Simplify $\sqrt{x} \cdot 2\sqrt{x}$.   answer: 2 \sqrt{x} \sqrt{x}   ->   an echo

Every stretch of maths in the question is read like an answer, and every part of it compared
with the answer, terms of sums and products in any order. A part of the question may be an
answer all the same (which is larger?): then the gold is that part too, term for term.
"""

from __future__ import annotations

import re

from minir1.tasks.maths.parser import read
from minir1.tasks.maths.tree import STRUCTURES, Node, Op, Refused, walk

MAX_QUESTION = 4000

_MATHS = re.compile(r"\$\$?([^$]+)\$\$?|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_PLAIN = re.compile(r"[-+*/^().,!0-9a-zA-Z\\{} ]*[-+*/^!\\(][-+*/^().!0-9a-zA-Z\\{} ]*")


def is_echo(gold: Node, answer: Node, question: str) -> bool:
    """Whether the answer is a part of the question, and not the gold as it stands."""
    key = _key(answer)
    if not isinstance(answer, Op) or key == _key(gold) or answer.op in STRUCTURES | {"word"}:
        return False
    text = question[:MAX_QUESTION]
    pieces = [next(filter(None, groups)) for groups in _MATHS.findall(text)]
    pieces += _PLAIN.findall(text)
    for piece in pieces:
        try:
            tree = read(piece.strip(" .?")).tree
        except Refused:
            continue
        if any(_key(node) == key for node in walk(tree)):
            return True
    return False


def _key(tree: Node) -> str:
    """A text that is the same for the same terms in another order."""
    if not isinstance(tree, Op):
        return repr(tree)
    keys = [_key(arg) for arg in tree.args]
    return f"{tree.op}({', '.join(sorted(keys) if tree.op in '+*' else keys)})"
