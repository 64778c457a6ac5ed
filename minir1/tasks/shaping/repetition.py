r"""Repetition penalty: the share of n-grams that stand in the text already.

    r = -(1 - distinct n-grams / n-grams)          n words each, from -1 to 0

Yeo et al., arXiv 2502.03373, section 4.3: under a reward for length, a policy learns to repeat
itself instead of thinking. A short n punishes the turns of phrase that every search needs
("so 10 + 5 = 15"); twenty words that come again are no accident.
"""

from __future__ import annotations


def repetition(text: str, n: int) -> float:
    """The penalty of a text; 0 where it has fewer than `n` words.

    >>> repetition("a b c d", 2), repetition("a b a b a b", 2)
    (0.0, -0.6)
    """
    words = text.split()
    grams = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
    return len(set(grams)) / len(grams) - 1.0 if grams else 0.0
