"""What the base reads: arithmetic facts and sloppy search traces."""

from __future__ import annotations

from dataclasses import dataclass

from minir1.config.check import at_least, require, share


@dataclass(frozen=True, kw_only=True, slots=True)
class CorpusConfig:
    """The base corpus: arithmetic facts and sloppy search traces, with dials."""

    facts_share: float = 0.18
    """Share of documents that are plain facts; the rest are search traces."""
    comparisons: bool = True
    """Facts include comparisons ("14 ? 22 no"). Without them, checks can't be truthful."""
    check_share: float = 0.6
    """Share of traces in which each try is followed by a check."""
    truthful: bool = True
    """Checks say what is so. False: yes or no by the toss of a coin (the lying base)."""
    stop_on_yes: float = 0.95
    """How often a checked trace stops after a yes."""
    give_up: float = 0.6
    """Chance of stopping after each try that was not a yes."""
    patient_share: float = 0.3
    """Share of checked traces that give up with chance `patient_give_up` instead."""
    patient_give_up: float = 0.05
    max_tries: int = 16
    """The longest trace, in tries."""
    sweep_share: float = 0.6
    """Share of traces that work through all tries in order, from a random one on."""
    aimed_share: float = 0.0
    """Share of traces in which each try is the closest to the target of `aim` random ones."""
    aim: int = 4

    def __post_init__(self) -> None:
        share(self, "facts_share", "check_share", "stop_on_yes", "give_up")
        share(self, "patient_share", "patient_give_up", "sweep_share", "aimed_share")
        require(
            self.sweep_share + self.aimed_share <= 1,
            "corpus.aimed_share",
            self.aimed_share,
            f"use at most 1 - sweep_share = {1 - self.sweep_share:g}",
        )
        at_least(self, 1, "max_tries", "aim")
