"""What a run shows of its rollouts: now and then one group, token by token, in `rollouts.jsonl`.

    {"stage": "zero", "step": 12, "question": "make 15 from 10 5 1", "rollouts": [...],
     "right": 3, "of": 16, "load": [[...], ...]}

The diary has the means of a step; a mean hides what was written. The dashboard of the lab reads
this file while the run goes on. It is for looking only: nothing is computed from it, a run that
is resumed writes some steps twice, and the last row of a step counts.

Of a large group the best-paid and the worst-paid rollouts are kept, `MOST` in all; of a long
run, about a hundred steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from minir1.config import ModelConfig, ZeroConfig
from minir1.rl.advantage import group_advantages
from minir1.rl.types import Group, Rollout
from minir1.run.jsonl import Row, append_row, parse, require_place
from minir1.text.tokenizer import Tokenizer

FILE = "rollouts.jsonl"
FIELDS = ("question", "rollouts", "right", "of", "load")
MOST, LONGEST, KEPT_STEPS = 8, 400, 100


class RolloutLog:
    """Writes the rows of one stage of RL."""

    def __init__(
        self, out: Path, stage: str, settings: ZeroConfig, tokenizer: Tokenizer, model: ModelConfig
    ) -> None:
        self.path, self.stage, self.settings = Path(out) / FILE, stage, settings
        self.tokenizer, self.n_experts = tokenizer, model.n_routed_experts
        self.every = max(1, settings.steps // KEPT_STEPS)

    def write(self, step: int, groups: Sequence[Group]) -> None:
        """Keep the first group of a step that can teach; the first of all if none can."""
        if step % self.every and step not in (1, self.settings.steps):
            return
        group = next((one for one in groups if not one.dead), groups[0])
        row = {"stage": self.stage, "step": step} | self.shown(group)
        append_row(self.path, row | {"load": load(groups, self.n_experts)})

    def shown(self, group: Group) -> Row:
        """A group as plain values."""
        totals = torch.tensor([group.totals])
        advantages = group_advantages(totals, self.settings.advantage)[0].tolist()
        rollouts = [
            self.told(group.rollouts[i])
            | {
                "verdict": str(group.verdicts[i]),
                "reward": group.totals[i],
                "advantage": round(advantages[i], 4),
            }
            for i in chosen(group.totals)
        ]
        right = sum(str(verdict) == "CORRECT" for verdict in group.verdicts)
        counts = {"right": right, "of": len(group.rollouts)}
        return {"question": group.problem.question, "rollouts": rollouts} | counts

    def told(self, one: Rollout) -> Row:
        """The tokens of a rollout, each with its log-probability and its experts."""
        ids = one.completion_ids[:LONGEST]
        found: dict[str, Any] = {
            "tokens": [self.tokenizer.decode([i]) for i in ids],
            "logprobs": [round(value, 3) for value in one.logprobs[:LONGEST]],
            "length": len(one.completion_ids),
        }
        if one.experts is not None:  # of the tokens that were fed: all but the last
            start = len(one.prompt_ids)
            fed = one.experts[:, start : start + len(ids)]
            found["experts"] = fed.permute(1, 0, 2).tolist()
        return found


def chosen(totals: Sequence[float], most: int = MOST) -> list[int]:
    """The places of the rollouts that are kept: the best-paid and the worst-paid, in order.

    >>> chosen([0.0, 1.0, 0.0, 0.5], most=2)
    [1, 2]
    """
    ranked = sorted(range(len(totals)), key=lambda i: -totals[i])
    half = most - most // 2
    kept = ranked if len(ranked) <= most else ranked[:half] + ranked[half - most :]
    return sorted(kept)


def load(groups: Sequence[Group], n_experts: int) -> list[list[float]]:
    """The load of each expert at each MoE layer over all rollouts; 1 is an even share.

    A place of -1 (a server had the prompt in its cache, run/served) went to nobody that we know.
    """
    routes = [one.experts for group in groups for one in group.rollouts if one.experts is not None]
    if not routes:
        return []
    chosen_experts = torch.cat(routes, 1).long()
    known = [layer[layer >= 0] for layer in chosen_experts]
    counts = [torch.bincount(layer, minlength=n_experts).float() for layer in known]
    return [[round(float(x), 3) for x in one / one.mean()] for one in counts]


class Rollouts:
    """The rows of a run, one a step, in order. Each is read when it is asked for.

    A row of a large model has megabytes: 8 rollouts of 400 tokens, with the experts of each in 26
    layers. And who looks at a run looks again. So `look` reads what was added since the last look,
    and keeps of each row where it stands in the file.
    """

    def __init__(self, run: Path) -> None:
        self.path = Path(run) / FILE
        self._forget()
        self.look()

    def look(self) -> None:
        """Find the rows that are new. A last line that is still being written is left for later."""
        size = self.path.stat().st_size if self.path.exists() else 0
        if size < self._end:  # another run has taken the folder
            self._forget()
        if size == self._end:
            return
        with self.path.open("rb") as file:
            file.seek(self._end)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                row = self._row(line, self._lines + 1)
                self._places[row["stage"], row["step"]] = (self._end, self._lines + 1)
                self._lines, self._end = self._lines + 1, self._end + len(line)

    @property
    def steps(self) -> list[tuple[str, int]]:
        """The stage and the step of each row."""
        return list(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> Row:
        start, number = list(self._places.values())[index]
        with self.path.open("rb") as file:
            file.seek(start)
            return self._row(file.readline(), number)

    def _forget(self) -> None:
        self._places: dict[tuple[str, int], tuple[int, int]] = {}
        """Where the last row of each step starts, and the number of its line."""
        self._lines = self._end = 0

    def _row(self, line: bytes, number: int) -> Row:
        row = parse(line, self.path, number)
        require_place(row, self.path, number)
        missing = [name for name in FIELDS if name not in row]
        if missing:
            raise ValueError(f"{self.path}, line {number}: the row has no {missing[0]!r}")
        return row


def read_rollouts(run: Path) -> list[Row]:
    """All rows of a run at once; none if it has left none."""
    rows = Rollouts(run)
    return [rows[i] for i in range(len(rows))]
