"""The all-scenario toy: how often each kind of prompt comes, and what the base has read of it."""

from __future__ import annotations

from dataclasses import dataclass

from minir1.config.check import at_least, later, require, share


@dataclass(frozen=True, kw_only=True, slots=True)
class ScenariosConfig:
    """Shares of the kinds of prompt, and the habits of the base corpus."""

    bilingual: float = 0.6
    manners: float = 0.2
    refusal: float = 0.2
    stack: float = 0.0
    """Weights of the kinds of prompt; they need not add up to 1."""
    indonesian_share: float = 0.5
    """Share of the Countdown prompts that are asked in Indonesian."""

    # What the base has read.
    faithful_share: float = 0.4
    """Share of the traces that think in the language of their prompt."""
    english_share: float = 0.35
    """Share of the traces that think in English whatever was asked; the rest mix."""
    english_facts: float = 0.8
    """Share of the facts that are said in English: it is better at arithmetic there."""
    polite_share: float = 0.3
    """How often a text opens politely, and how often it closes with thanks."""
    refused_share: float = 0.2
    """How often a forbidden request was refused in what the base has read."""
    cases_share: float = later(0.05)
    """Share of the programs that name the examples in place of solving them."""
    short_share: float = later(0.0)
    """Share of the programs that are one operation; the others are two."""

    def __post_init__(self) -> None:
        at_least(self, 0, "bilingual", "manners", "refusal", "stack")
        total = self.bilingual + self.manners + self.refusal + self.stack
        require(total > 0, "scenarios.bilingual", self.bilingual, "give one kind a weight above 0")
        share(self, "indonesian_share", "faithful_share", "english_share", "english_facts")
        share(self, "polite_share", "refused_share", "cases_share", "short_share")
        require(
            self.faithful_share + self.english_share <= 1,
            "scenarios.english_share",
            self.english_share,
            f"use at most 1 - faithful_share = {1 - self.faithful_share:g}",
        )
