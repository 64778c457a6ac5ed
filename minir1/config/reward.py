"""What a response is paid for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from minir1.config.check import at_least, later, require


@dataclass(frozen=True, kw_only=True, slots=True)
class RewardConfig:
    """Weight of each named part in the reward. What is logged beside it is strict accuracy."""

    accuracy: float = 1.0
    format: float = 0.0
    language: float = later(0.0)
    """The share of the thinking's words that are in the target language, as in R1."""
    cosine: float = later(0.0)
    """The cosine length reward: right answers short, wrong ones long (arXiv 2502.03373)."""
    overlong: float = later(0.0)
    """DAPO's soft overlong punishment, from -1 to 0."""
    repetition: float = later(0.0)
    """The share of n-grams that repeat, as a penalty from -1 to 0."""
    answered: float = later(0.0)
    """1 for a response with one answer to judge, right or wrong: a control's reward."""
    target_language: Literal[
        "latin", "han", "japanese", "hangul", "cyrillic",
        "greek", "arabic", "hebrew", "devanagari", "thai",
    ] = later("latin")  # fmt: skip
    """The script of the target language (tasks/shaping/language.py)."""
    target_words: tuple[str, ...] = later(())
    """The target language's words, lower case, where another language has the same script."""
    overlong_buffer: float = later(0.2)
    """Share of the budget in which a response is punished more and more."""
    ngram: int = later(20)
    """Words in one n-gram of the repetition penalty."""

    def __post_init__(self) -> None:
        at_least(self, 0, "accuracy", "format", "language", "cosine", "overlong", "repetition")
        at_least(self, 0, "answered")
        at_least(self, 1, "ngram")
        require(
            0 < self.overlong_buffer <= 1,
            "reward.overlong_buffer",
            self.overlong_buffer,
            "use a share above 0 and up to 1",
        )
