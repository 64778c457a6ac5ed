"""Which problems are for training and which are held out, decided by a hash.

A problem's key is the multiset of its numbers as text, "1 5 10". The hash of the key is
read as a share u in [0, 1), and the problem is held out when u < heldout_share. So no list
of problems is stored, no order of the numbers can leak, and both sides of the split are
the same in every process and every run (Python's own `hash` of a text is not).
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence

from minir1.tasks.base import Split

MAX_DRAWS = 100_000


def key_of(numbers: Sequence[int]) -> str:
    """The multiset of the numbers as text.

    >>> key_of([10, 5, 1])
    '1 5 10'
    """
    return " ".join(str(number) for number in sorted(numbers))


def split_of(key: str, heldout_share: float) -> Split:
    """The side of the split a key is on, for ever.

    >>> split_of("1 5 10", heldout_share=0.2)
    'train'
    """
    digest = hashlib.sha256(key.encode()).digest()
    u = int.from_bytes(digest[:8], "big") / 2**64
    return "heldout" if u < heldout_share else "train"


def draw_numbers(
    rng: random.Random, n_numbers: int, low: int, high: int, split: Split, heldout_share: float
) -> list[int]:
    """Draw numbers from low..high until their multiset is on the side asked for."""
    for _ in range(MAX_DRAWS):
        numbers = [rng.randint(low, high) for _ in range(n_numbers)]
        if split_of(key_of(numbers), heldout_share) == split:
            return numbers
    raise ValueError(
        f"heldout_share = {heldout_share!r} leaves no problem in the split {split!r}: "
        f"use a wider range than {low}..{high}, more than {n_numbers} numbers, or another share"
    )
