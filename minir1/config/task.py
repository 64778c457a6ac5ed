"""Which problems the policy is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from minir1.config.check import at_least, later, machine, require
from minir1.config.scenarios import ScenariosConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskConfig:
    """Which problems the policy is asked, and how hard they are."""

    name: Literal["countdown", "arithmetic", "scenarios", "jsonl", "reasoning_gym", "own"] = (
        "countdown"
    )
    """Which kind of problems: our own, or a file of yours."""
    n_numbers: int = 3
    """Numbers in one Countdown problem."""
    low: int = 1
    high: int = 12
    """Numbers are drawn from low..high, both included."""
    ops: str = "+-*"
    """Operators a solution may use, out of "+-*/"."""
    max_value: int = 99
    """Every intermediate value must lie in 0..max_value."""
    heldout_share: float = 0.2
    """Share of all number multisets, or of all questions, kept away from training."""
    path: str = later("")
    """Of `jsonl`: the file with the problems (tasks/sources/formats.py has its formats)."""
    family: str = later("")
    """Of `reasoning_gym`: the family of problems, such as chain_sum."""
    dials: tuple[tuple[str, int], ...] = later(())
    """Of `reasoning_gym`: how hard the family is, in its own words, such as (("max_terms", 2),)."""
    scenarios: ScenariosConfig = later(make=ScenariosConfig)
    """Of `scenarios`: which kinds of prompt, and what the base has read of them."""
    digest: str = later("")
    """Of `own`: which text the file has. `--with FILE` sets it."""
    file: str = machine("")
    """Of `own`: where the Python file with the task lies (tasks/sources/own.py)."""

    def __post_init__(self) -> None:
        require(2 <= self.n_numbers <= 4, "task.n_numbers", self.n_numbers, "use 2, 3 or 4")
        at_least(self, 1, "low")
        require(self.high >= self.low, "task.high", self.high, f"use at least low = {self.low}")
        known = bool(self.ops) and set(self.ops) <= set("+-*/")
        require(known, "task.ops", self.ops, 'use one or more of "+-*/"')
        require(
            self.high <= self.max_value <= 99,
            "task.max_value",
            self.max_value,
            f"use a number from high = {self.high} to 99 (the tokenizer has one token a number)",
        )
        require(
            0 < self.heldout_share < 1,
            "task.heldout_share",
            self.heldout_share,
            "use a share between 0 and 1",
        )
        owners = {"path": "jsonl", "family": "reasoning_gym", "digest": "own", "file": "own"}
        for field, owner in owners.items():
            value = getattr(self, field)
            give = "use --with FILE" if owner == "own" else "give one"
            cure = give if self.name == owner else f"it belongs to task.name = {owner!r}"
            require(bool(value) == (self.name == owner), f"task.{field}", value, cure)
