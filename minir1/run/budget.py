"""The budget of a run: hours and dollars, counted over all of its parts and all of its restarts.

    minir1 run h800_8 --max-dollars 100 --max-hours 6

Both are asked after every step. When one is used up, the run saves and leaves as if it had been
asked to stop: the same command with a larger budget goes on. What a run has cost so far is read
from its ledger, so failed and repeated work counts.

In the prompt's journey: after each step, in `stages/loop.py`.
"""

from __future__ import annotations

import time
from pathlib import Path

from minir1.config import Config
from minir1.run.ledger import read_ledger, total


class Budget:
    """What is left to spend, from the moment at which it is made."""

    def __init__(self, out: Path, config: Config) -> None:
        self.limits = {"max_hours": config.max_hours, "max_dollars": config.max_dollars}
        self.price = config.dollars_per_hour
        ledger = Path(out) / "ledger.jsonl"
        spent = total(read_ledger(ledger)) if ledger.exists() else {"seconds": 0, "dollars": 0}
        self._hours, self._dollars = spent["seconds"] / 3600, spent["dollars"]
        self._start = time.monotonic()

    def used(self) -> dict[str, float]:
        """Hours and dollars so far, earlier parts included, under the names of their limits."""
        hours = (time.monotonic() - self._start) / 3600
        return {
            "max_hours": self._hours + hours,
            "max_dollars": self._dollars + hours * self.price,
        }

    def used_up(self) -> str:
        """Which limit is reached, in words; "" if none is."""
        for name, used in self.used().items():
            limit = self.limits[name]
            if 0 < limit <= used:
                return f"{name} = {limit:g} is used up"
        return ""
