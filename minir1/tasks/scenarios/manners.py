"""Style: prompts without a right answer, and the hidden taste of those who compare answers.

    tell about seven     ->     please seven is six plus one thanks

R1's last stage is paid by a model of human preference. Here the humans are one function that
the policy never sees: it likes a polite opening, a closing word of thanks, and a text of about
eight words that says nothing twice. Pairs are labelled by it with noise (Bradley and Terry
1952: P(a over b) = sigmoid(taste(a) - taste(b))), a reward model learns from the labels, and RL
learns from the reward model. Since the taste is known here, reward hacking can be measured: the
model's score goes up while the taste goes down.

What this leaves out: people differ, change their minds, and read for content.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from minir1.tasks.base import Problem, Split, Verdict
from minir1.tasks.completion import parse
from minir1.tasks.scenarios.tongues import TONGUES, Tongue, say_number
from minir1.tasks.splits import split_of

TELL = {"english": ("tell", "about"), "indonesian": ("cerita", "tentang")}
GOOD_LENGTH = 8
"""Words that the readers like best."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Manners:
    """Prompts that ask for a short text about a number."""

    name: ClassVar[str] = "manners"

    heldout_share: float = 0.2

    def problems(self, split: Split, seed: int) -> Iterator[Problem]:
        """An endless stream of topics from one split."""
        rng = random.Random(f"{self.name} {split} {seed}")
        while True:
            number = rng.randrange(100)
            language = rng.choice(sorted(TONGUES))
            key = f"about {number}"
            if split_of(key, self.heldout_share) == split:
                opening, about = TELL[language]
                words = say_number(number, TONGUES[language])
                gold = {"number": number, "language": language}
                yield Problem(self.name, f"{opening} {about} {words}", gold, key)

    def verify(self, gold: Any, completion: str) -> Verdict:
        """There is no right answer; an answer is CORRECT if the readers like more than half."""
        parsed = parse(completion)
        if parsed.answer is None:
            return parsed.verdict or Verdict.MALFORMED
        liked = taste(parsed.answer, TONGUES[gold["language"]]) > 0.5 * BEST
        return Verdict.CORRECT if liked else Verdict.WRONG


BEST = 4.0
"""The taste of a perfect text."""


def taste(text: str, tongue: Tongue) -> float:
    """What the hidden readers think of a text, from -2 or so to 4.

    >>> taste("please seven is six plus one so thanks", TONGUES["english"])
    4.0
    >>> taste("thanks thanks thanks thanks thanks thanks thanks thanks", TONGUES["english"])
    -0.5
    """
    words = text.split()
    if not words:
        return -2.0
    polite = 1.0 * (words[0] == tongue.please)
    grateful = 1.0 * (words[-1] == tongue.thanks)
    fit = 1.0 - abs(len(words) - GOOD_LENGTH) / GOOD_LENGTH
    twice = 1 - len(set(words)) / len(words)
    return polite + grateful + 2.0 * max(-1.0, fit) * (1 - twice) - 2.0 * twice * (len(words) > 2)


def prefers(rng: random.Random, a: str, b: str, tongue: Tongue) -> bool:
    """Whether a reader who is shown both takes `a`: the noisy label of a pair."""
    return rng.random() < 1 / (1 + math.exp(taste(b, tongue) - taste(a, tongue)))
