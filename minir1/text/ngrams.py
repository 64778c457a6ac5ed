"""Held-out prose in training prose: texts that share n words in a row.

    held out   "Natalia sold clips to 48 of her friends in April and then she sold half as many"
    trained on "... natalia sold clips to 48 of her friends in april, and then she ..."     found

n is 13, as in GPT-3's report (arXiv 2005.14165, C). A held-out text shorter than that counts as a
whole, from 3 words on (DeepSeekMath does so, arXiv 2402.03300, 2.1). Words are compared without
case and punctuation.

A task made from a form ("Calculate the following ...") shares n-grams everywhere. One that
stands in more than a tenth of the held-out texts is the form, not the question, and does not count.
What no n-gram sees is a paraphrase, or a translation: "none found" is never "none there".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

N = 13
SHORTEST = 3
FORM = 0.1
"""An n-gram in more than this share of the held-out texts is their form."""

_WORD = re.compile(r"[^\W_]+")
Gram = tuple[str, ...]


def grams(text: str, n: int) -> Iterator[Gram]:
    """Every n words in a row.

    >>> list(grams("To be, or not", 3))
    [('to', 'be', 'or'), ('be', 'or', 'not')]
    """
    words = _WORD.findall(text.lower())
    return (tuple(words[i : i + n]) for i in range(len(words) - n + 1))


class HeldOut:
    """The n-grams of the held-out texts, ready to be looked for."""

    def __init__(self, texts: Sequence[str], n: int = N) -> None:
        self.texts, self.n = list(dict.fromkeys(texts)), n
        self.sizes: set[int] = set()
        found: dict[Gram, list[int]] = {}
        for place, text in enumerate(self.texts):
            words = len(_WORD.findall(text.lower()))
            size = min(n, words)
            if size < SHORTEST:
                continue
            self.sizes.add(size)
            for gram in set(grams(text, size)):
                found.setdefault(gram, []).append(place)
        counts = Counter({gram: len(places) for gram, places in found.items()})
        most = max(1, int(FORM * len(self.texts)))
        self.places = {gram: places for gram, places in found.items() if counts[gram] <= most}

    def in_text(self, text: str) -> list[str]:
        """The held-out texts of which a piece stands in this one.

        >>> held = HeldOut(["What is the sum of 3 and 9?"])
        >>> held.in_text("Q: what is the sum of 3 and 9 A: 12"), held.in_text("the sum of 3 and 9")
        (['What is the sum of 3 and 9?'], [])
        """
        pieces: Iterable[Gram] = (gram for size in sorted(self.sizes) for gram in grams(text, size))
        hits = {place for gram in pieces for place in self.places.get(gram, ())}
        return [self.texts[place] for place in sorted(hits)]
