"""From a verdict to a reward: named parts and their weighted sum.

    total = sum over the parts of weight * part        (R1, arXiv 2501.12948, section 2.2.2)

A part is 0 or 1. `accuracy` is 1 for a verdict of CORRECT, `format` for a completion that is
well formed.

Gate, don't add. The structure that accuracy needs, one answer at the end, is a gate inside
the verifier: without it the accuracy is 0. So the format has no need to be paid for, and its
weight is 0 by default. A bonus that is added pays at every completion, right or wrong, and a
small policy takes the easy money: a published run went from .44 to 1.00 in format while its
accuracy fell from .23 to .03. Whoever adds it all the same keeps format < accuracy: format
alone then never beats a right answer, whatever that answer looks like.

The shaping parts (`tasks/shaping`) look at how a response is written: its language, its length,
what it repeats. They are computed where they are paid for. Whatever is paid for, `accuracy` is
in `parts` before any weight: strict, 0 or 1. It is logged beside the total, and a total that
rises while it stays is a policy that found another way to the money.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from minir1.tasks.base import Verdict
from minir1.tasks.completion import Parsed
from minir1.tasks.shaping.cosine import cosine
from minir1.tasks.shaping.language import consistency
from minir1.tasks.shaping.overlong import overlong
from minir1.tasks.shaping.repetition import repetition


@dataclass(frozen=True, slots=True)
class Reward:
    """What one completion earned."""

    parts: dict[str, float]
    """Each part before its weight. All parts are logged, those of weight 0 too."""
    total: float
    """What the policy is trained on."""

    def __post_init__(self) -> None:
        if not math.isfinite(self.total):
            raise ValueError(
                f"a reward is {self.total} (its parts: {self.parts}): pay a finite number, "
                "one that is not finite would reach every weight"
            )


def accuracy(verdict: Verdict, parsed: Parsed) -> float:
    """1 for a right answer."""
    return float(verdict is Verdict.CORRECT)


def well_formed(verdict: Verdict, parsed: Parsed) -> float:
    """1 for one thinking part, then one answer, and nothing else."""
    return float(parsed.well_formed)


PARTS: Mapping[str, Callable[[Verdict, Parsed], float]] = {
    "accuracy": accuracy,
    "format": well_formed,
}


def score(verdict: Verdict, parsed: Parsed, weights: Any) -> Reward:
    """The reward of a judged completion; `weights` has a number for each part by its name.

    >>> from types import SimpleNamespace
    >>> from minir1.tasks.completion import parse
    >>> weights = SimpleNamespace(accuracy=1.0, format=0.5)
    >>> score(Verdict.CORRECT, parse("<answer> 5 </answer>"), weights)
    Reward(parts={'accuracy': 1.0, 'format': 0.0}, total=1.0)
    """
    parts = {name: part(verdict, parsed) for name, part in PARTS.items()}
    total = sum(getattr(weights, name) * value for name, value in parts.items())
    return Reward(parts, total)


@dataclass(frozen=True, slots=True)
class Written:
    """How a response was written: what the shaping parts look at."""

    verdict: Verdict
    parsed: Parsed
    tokens: int
    limit: int
    """The most tokens that it could have."""
    cut: bool
    """It reached the limit without an end."""


SHAPING: Mapping[str, Callable[[Written, Any], float]] = {
    "language": lambda w, dials: consistency(
        w.parsed.think, dials.target_language, dials.target_words
    ),
    "cosine": lambda w, dials: cosine(w.verdict is Verdict.CORRECT, w.tokens, w.limit, w.cut),
    "overlong": lambda w, dials: overlong(w.tokens, w.limit, w.cut, dials.overlong_buffer),
    "answered": lambda w, dials: float(w.parsed.answer is not None),
    "repetition": lambda w, dials: repetition(w.parsed.think, dials.ngram),
}


def shape(reward: Reward, written: Written, weights: Any) -> Reward:
    """The reward with each shaping part that has a weight; `weights` is a `RewardConfig`.

    >>> from minir1.config import RewardConfig
    >>> from minir1.tasks.completion import parse
    >>> written = Written(Verdict.WRONG, parse("<answer> 5 </answer>"), 90, 100, cut=False)
    >>> shape(Reward({"accuracy": 0.0}, 0.0), written, RewardConfig(overlong=0.5))
    Reward(parts={'accuracy': 0.0, 'overlong': -0.5}, total=-0.25)
    """
    paid = {name: part for name, part in SHAPING.items() if getattr(weights, name)}
    if not paid:
        return reward
    parts = {name: part(written, weights) for name, part in paid.items()}
    total = reward.total + sum(getattr(weights, name) * value for name, value in parts.items())
    return Reward(reward.parts | parts, total)
